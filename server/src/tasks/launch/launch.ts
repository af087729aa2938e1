import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BoundsError } from '../bounds/bounded.ts'
import { runBounded } from '../bounds/run-bounded.ts'
import type { Limits, View } from '../task.ts'
import { TaskError } from '../task-error.ts'
import { environmentOf } from './environment.ts'
import { errorOf } from './exceeded.ts'
import { judge } from './judge.ts'
import { LastLines } from './last-lines.ts'
import { Lines } from './lines.ts'
import { checkOutfile, outFolderNow } from './outfile.ts'
import { findProgram } from './program.ts'
import { StatusReader } from './status.ts'

/** A folder with more in it than this beside those of one run is not a run's own. */
const MOST_BESIDE = 8

export interface Launch {
  /** A program and its first arguments. */
  command: readonly string[]
  /** `-n` */
  name: string
  /** Written to a file, `-i`; null: there are none, and no `-i`. */
  params: object | null
  /** `-d`: its working directory; there, and writable. */
  workFolder: string
  /** `-o`: where its result has to be; there, writable, and empty. */
  outFolder: string
  limits: Limits
  /** Of what is none of its business; its own two folders and those of its words are shown in any case. */
  view?: View | undefined
  signal: AbortSignal
  /** Lines that it prints before the status, and on standard error; a bounded number of them, each of bounded length. */
  onLine?(from: 'stdout' | 'stderr', text: string): void
}

/**
 * Runs an executable by the Firefly launcher protocol (WIRE.md section B) and waits for its end. Nothing that it started is
 * left when this resolves or rejects, however the process of the caller ends.
 * @returns the path of its result: a regular file in `outFolder`, behind all links; and how long it ran, milliseconds
 * @throws TaskError; `signal.reason` where it is aborted
 */
export async function launch(launch: Launch): Promise<{ outfile: string; ms: number }> {
  const { workFolder, outFolder, limits, signal, onLine, view } = launch
  signal.throwIfAborted()
  const environment = environmentOf(workFolder)
  const command = await commandOf(launch, environment.PATH ?? '')
  const before = outFolderNow(outFolder)
  const status = new StatusReader((text) => onLine?.('stdout', text))
  const complaints = new LastLines()
  const complaintLines = new Lines((text) => onLine?.('stderr', text))
  const { code, exceeded, ms } = await runBounded({
    ...{ command, folder: workFolder, environment, limits, writes: [workFolder, outFolder], signal },
    hidden: view?.hidden ?? [],
    shown: [...(view?.shown ?? []), ...togetherOf(workFolder, outFolder)],
    onOutput(from, chunk) {
      if (from === 'stdout') return status.take(chunk)
      complaints.take(chunk)
      complaintLines.take(chunk)
    },
  }).catch(blameMachine)
  complaintLines.end()
  const said = status.end()
  try {
    if (exceeded) throw errorOf(exceeded)
    return { outfile: checkOutfile(judge(code, said), workFolder, before), ms }
  } catch (error) {
    if (!(error instanceof TaskError)) throw error
    throw new TaskError(error.code, complaints.appendedTo(error.message), error.fault)
  }
}

/** The folder that both are in, so that a file can be moved from one to the other; none where others' are there as well. */
function togetherOf(workFolder: string, outFolder: string): string[] {
  const both = dirname(workFolder)
  return both === dirname(outFolder) && readdirSync(both).length <= MOST_BESIDE ? [both] : []
}

/** What is started, its parameters written. @throws TaskError not_started */
async function commandOf({ command, name, params, workFolder, outFolder }: Launch, path: string) {
  for (const folder of [workFolder, outFolder])
    if (!existsSync(folder))
      throw new TaskError('not_started', `The folder ${folder} of a task is not there.`, 'environment')
  const [program, ...first] = command
  if (!program) throw new TaskError('not_started', 'The task names no program that would be started.')
  const file = findProgram(program, workFolder, path)
  const input = params === null ? [] : ['-i', await written(params, workFolder)]
  return [file, ...first, '-n', name, ...input, '-d', workFolder, '-o', outFolder] as [string, ...string[]]
}

/** A picture of the same name may lie there already. */
async function written(params: object, workFolder: string): Promise<string> {
  const name = existsSync(join(workFolder, 'params.json'))
    ? `params-${randomBytes(6).toString('hex')}.json`
    : 'params.json'
  const file = join(workFolder, name)
  await writeFile(file, JSON.stringify(params), { flag: 'wx', mode: 0o600 })
  return file
}

function blameMachine(error: unknown): never {
  if (error instanceof BoundsError)
    throw new TaskError('not_started', `The task could not be run here: ${error.message}.`, 'environment')
  throw error
}
