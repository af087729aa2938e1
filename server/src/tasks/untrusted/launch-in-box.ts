import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { type BoxEnd, BoxError } from '../../sandbox/box.ts'
import { runInBox } from '../../sandbox/run-in-box.ts'
import { type TarFile, tarOf } from '../../sandbox/tar.ts'
import { regularFileIn } from '../../sandbox/tar-entry.ts'
import { errorOf } from '../launch/exceeded.ts'
import { judge } from '../launch/judge.ts'
import { LastLines } from '../launch/last-lines.ts'
import type { Launch } from '../launch/launch.ts'
import { Lines } from '../launch/lines.ts'
import { StatusReader } from '../launch/status.ts'
import type { Limits } from '../task.ts'
import { TaskError } from '../task-error.ts'
import { inBox, OUT, SEEN, shownFor } from './seen.ts'

/** As `launch`, of a task that lies in a folder of untrusted ones. */
export interface BoxedLaunch extends Omit<Launch, 'view'> {
  untrusted: string
}

/** Pictures are copied into a box, where they take memory. */
const MOST_GIVEN_BYTES = 512e6
const MOST_PRINTED = 64e6
/** The tar of what is kept has more than its one file. */
const SPARE_BYTES = 1e6
const PARAMS = 'params.json'
const START = 'mkdir -p task out && cd task && exec "$@"'

/**
 * Runs an untrusted executable by the Firefly launcher protocol in a box: it sees its folder of tasks, what lies in its
 * working folder, and nothing else of this machine but programs. What it leaves is gone but for its result.
 * @param launch its work folder holds what it is given, at paths that `seenParams` knows; its out folder takes the result
 * @returns the path of its result, a file that this process wrote; and how long it ran, milliseconds
 * @throws TaskError; `signal.reason` where it is aborted
 */
export async function launchInBox(launch: BoxedLaunch): Promise<{ outfile: string; ms: number }> {
  const { outFolder, signal, onLine } = launch
  const status = new StatusReader((text) => onLine?.('stdout', text))
  const complaints = new LastLines()
  const complaintLines = new Lines((text) => onLine?.('stderr', text))
  const shows = await shownFor(launch.untrusted).catch(blameMachine)
  const end = await runInBox({
    ...commandOf(launch),
    ...{ input: null, user: 'run', shows, signal },
    onOutput(from, chunk) {
      if (from === 'stdout') return status.take(Buffer.from(chunk))
      complaints.take(Buffer.from(chunk))
      complaintLines.take(Buffer.from(chunk))
    },
  }).catch(blameMachine)
  complaintLines.end()
  const said = status.end()
  try {
    if (end.exceeded) throw errorOf({ bound: end.exceeded, limit: limitOf(end.exceeded, launch.limits), found: null })
    return { outfile: taken(judge(end.code, said), end, outFolder), ms: end.ms }
  } catch (error) {
    if (!(error instanceof TaskError)) throw error
    throw new TaskError(error.code, complaints.appendedTo(error.message), error.fault)
  }
}

/** Paths of files in the work folder, as the box has them: one, or a list. */
export function seenParams<T extends string | string[]>(
  given: Record<string, T>,
  workFolder: string,
): Record<string, string | string[]> {
  const seen = (path: string) => join(SEEN.work, relative(workFolder, path))
  return Object.fromEntries(
    Object.entries(given).map(([name, one]) => [name, Array.isArray(one) ? one.map(seen) : seen(one)]),
  )
}

function commandOf({ command, name, params, workFolder, limits, untrusted }: BoxedLaunch) {
  const files = [...filesIn(workFolder)]
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0)
  if (params !== null) files.push({ path: `task/${PARAMS}`, bytes: Buffer.from(JSON.stringify(params)) })
  const words = command.map((word) => inBox(word, untrusted))
  const input = params === null ? [] : ['-i', join(SEEN.work, PARAMS)]
  return {
    command: [
      ...(['/bin/sh', '-c', START, 'task'] as const),
      ...words,
      ...['-n', name, ...input, '-d', SEEN.work, '-o', SEEN.out],
    ] as const,
    environment: { HOME: SEEN.work, TMPDIR: SEEN.work },
    files: tarOf(files),
    keeps: { paths: [OUT], mostBytes: limits.outputBytes + SPARE_BYTES, when: 'success' as const },
    limits: {
      ...{ ms: limits.ms, processes: limits.processes, printedBytes: printedBytes(limits) },
      // What it is given lies in memory, and is none of what it takes.
      memoryBytes: limits.memoryBytes + bytes,
      folderBytes: limits.outputBytes + bytes,
    },
  }
}

/** @throws TaskError where they are more than a box may hold */
function* filesIn(workFolder: string): Generator<TarFile> {
  let bytes = 0
  for (const entry of readdirSync(workFolder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    bytes += lstatSync(path).size
    if (bytes > MOST_GIVEN_BYTES)
      throw new TaskError(
        'not_started',
        `The task could not be started: its pictures have more than ${MOST_GIVEN_BYTES / 1e6} MB, and one that nobody trusts is given no more.`,
      )
    yield { path: join('task', relative(workFolder, path)), bytes: readFileSync(path), mode: 0o600 }
  }
}

/** The result out of what a stranger left, under a name that makes no trouble. @throws TaskError bad_outfile */
function taken(said: string, { kept }: BoxEnd, outFolder: string): string {
  const path = resolve(SEEN.work, said)
  if (!path.startsWith(SEEN.out + sep)) throw bad(said, `lies outside the folder that -o named, ${SEEN.out}`)
  if (!kept) throw bad(said, 'is not there, or too large')
  const bytes = regularFileIn(kept, join(OUT, relative(SEEN.out, path)))
  if (!bytes) throw bad(said, 'is not there, or no regular file')
  const name = basename(path)
    .replace(/[^\w.-]+/g, '_')
    .replace(/^[.-]+/, '')
    .slice(-100)
  const outfile = join(outFolder, name || 'result')
  writeFileSync(outfile, bytes, { flag: 'wx', mode: 0o600 })
  return outfile
}

function bad(said: string, why: string): TaskError {
  return new TaskError('bad_outfile', `The output file of the task, ${said}, ${why}.`)
}

function limitOf(bound: NonNullable<BoxEnd['exceeded']>, limits: Limits): number {
  return { time: limits.ms, memory: limits.memoryBytes, processes: limits.processes, printed: printedBytes(limits) }[
    bound
  ]
}

function printedBytes({ outputBytes }: Limits): number {
  return Math.min(MOST_PRINTED, outputBytes)
}

function blameMachine(error: unknown): never {
  if (error instanceof BoxError)
    throw new TaskError('not_started', `The task could not be run in a box here: ${error.message}.`, 'environment')
  throw error
}
