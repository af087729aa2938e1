import { mkdtemp } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeFolder } from '../../remove-folder.ts'
import { BoundsError, type Exceeded } from '../bounds/bounded.ts'
import { runBounded } from '../bounds/run-bounded.ts'
import type { Described } from '../runners/describe-ts.ts'
import type { View } from '../task.ts'

const MOST_BYTES = 1 << 20
const KEPT_CHARACTERS = 2000
const SIGNALS = 128
/** What is done at the top of a file is little; but libraries are loaded there, and those of numbers start threads. */
const LIMITS = { memoryBytes: 700e6, processes: 64, outputBytes: 16e6 }
/** What describes a task does so on descriptor 3; what the task prints is for nobody. */
const APART = ['/bin/sh', '-c', 'exec "$@" 3>&1 1>/dev/null', 'describe'] as const

/** It took longer than it may: what is tried again at once takes as long. */
export class LoadTimeout extends Error {}

export interface Asking {
  /** All of its environment, beside HOME and TMPDIR. */
  env: Record<string, string>
  /** So long it may take. */
  ms: number
  view: View
}

/**
 * Has a task described by its runner, under the bounds that a call has: what stands at the top of a file is done then as well.
 * @param command what describes it, on file descriptor 3
 * @throws LoadTimeout; Error that says how that failed
 */
export async function askRunner(command: readonly string[], { env, ms, view }: Asking): Promise<Described> {
  const home = await mkdtemp(join(tmpdir(), 'ajar-describe-'))
  const tooLong = new AbortController()
  const said: Buffer[] = []
  let bytes = 0
  let errors = ''
  try {
    const { code, exceeded } = await runBounded({
      command: [...APART, ...command],
      ...{ folder: home, writes: [home], ...view },
      environment: { ...env, HOME: home, TMPDIR: home },
      limits: { ...LIMITS, ms },
      signal: tooLong.signal,
      onOutput(from, chunk) {
        if (from === 'stderr') {
          errors = (errors + chunk.toString('utf8')).slice(-KEPT_CHARACTERS)
          return
        }
        bytes += chunk.length
        if (bytes <= MOST_BYTES) said.push(chunk)
        else tooLong.abort(new Error(`What it declares is longer than ${MOST_BYTES} bytes.`))
      },
    })
    if (exceeded) throw new (exceeded.bound === 'time' ? LoadTimeout : Error)(wordsOf(exceeded))
    if (bytes === 0) throw ended(code, errors)
    return JSON.parse(Buffer.concat(said).toString('utf8')) as Described
  } catch (error) {
    if (error instanceof BoundsError) throw new Error(`It could not be loaded here: ${error.message}.`)
    throw error
  } finally {
    await removeFolder(home).catch(() => {}) // what it is found to be does not depend on that
  }
}

function wordsOf({ bound, limit }: Exceeded): string {
  const words: Record<Exceeded['bound'], string> = {
    time: `It took more than ${limit / 1000} s to load.`,
    memory: `It took more than ${limit / 1e6} MB of memory to load: what a call needs belongs into its function.`,
    processes: `It had more than ${limit} processes and threads while it was loaded.`,
    output: `It wrote more than ${limit / 1e6} MB while it was loaded.`,
    printed: `It printed more than ${limit / 1e6} MB while it was loaded.`,
    files: `It wrote more than ${limit} files while it was loaded.`,
  }
  return words[bound]
}

function ended(code: number | null, errors: string): Error {
  const last = errors.trim().split('\n').at(-1)
  const name = Object.entries(constants.signals).find(([, number]) => number === (code ?? 0) - SIGNALS)?.[0]
  return new Error(`It ended while it was loaded (${name ?? `exit ${code}`})${last ? `: ${last}` : '.'}`)
}
