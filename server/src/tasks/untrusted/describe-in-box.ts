import { BoxError } from '../../sandbox/box.ts'
import { runInBox } from '../../sandbox/run-in-box.ts'
import { ended, LIMITS, LoadTimeout, MOST_BYTES, wordsOf } from '../catalog/loading.ts'
import type { Described } from '../runners/describe-ts.ts'
import { inBox, outOfBox, SEEN, shownFor } from './seen.ts'

/** What describes a task does so on descriptor 3; what the task prints is for nobody. */
const APART = ['/bin/sh', '-c', 'mkdir task && cd task && exec "$@" 3>&1 1>/dev/null', 'describe'] as const

/**
 * Has an untrusted task described, in a box.
 * @param command what describes it, on file descriptor 3
 * @param folder the one of untrusted tasks
 * @throws LoadTimeout; Error that says how that failed
 */
export async function describeInBox(command: readonly string[], folder: string, ms: number): Promise<Described> {
  let said = ''
  let errors = ''
  try {
    const { code, exceeded } = await runInBox({
      command: [...APART, ...command.map((word) => inBox(word, folder))],
      environment: { HOME: SEEN.work, TMPDIR: SEEN.work },
      ...{ files: null, keeps: null, input: null, user: 'run', shows: await shownFor(folder) },
      limits: {
        ...{ ms, memoryBytes: LIMITS.memoryBytes, processes: LIMITS.processes },
        ...{ folderBytes: LIMITS.outputBytes, printedBytes: MOST_BYTES },
      },
      signal: new AbortController().signal,
      onOutput(from, chunk) {
        const text = Buffer.from(chunk).toString('latin1')
        if (from === 'stdout') said += text
        else errors = (errors + text).slice(-MOST_ERRORS)
      },
    })
    const limit = { time: ms, memory: LIMITS.memoryBytes, processes: LIMITS.processes, printed: MOST_BYTES }
    if (exceeded)
      throw new (exceeded === 'time' ? LoadTimeout : Error)(
        wordsOf({ bound: exceeded, limit: limit[exceeded], found: null }),
      )
    if (said === '') throw ended(code, Buffer.from(errors, 'latin1').toString('utf8'))
    return checked(JSON.parse(Buffer.from(said, 'latin1').toString('utf8')), folder)
  } catch (error) {
    if (error instanceof BoxError)
      throw new Error(
        `It is loaded in a box only, which cannot be had here: ${error.message}. Its manifest can say its "params" instead.`,
      )
    throw error
  }
}

const MOST_ERRORS = 2000

/** The runner's words, unless the task spoke in its place: of these nothing is taken that is not what it should be. */
function checked(said: unknown, folder: string): Described {
  if (said === null || typeof said !== 'object') throw new Error('What it declares is no object.')
  const { error, schema, limits, cache, doc, files } = said as Partial<Record<keyof Described, unknown>>
  return {
    error: typeof error === 'string' ? error : null,
    ...{ schema: schema ?? null, limits: limits ?? null, cache: cache !== false },
    doc: typeof doc === 'string' ? doc : '',
    files: (Array.isArray(files) ? files : []).slice(0, MOST_FILES).flatMap((path) => outOfBox(path, folder) ?? []),
  }
}

const MOST_FILES = 1000
