import { chmodSync, mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Located } from '../catalog/locate.ts'
import { judge } from '../launch/judge.ts'
import { checkOutfile, outFolderNow } from '../launch/outfile.ts'
import { StatusReader } from '../launch/status.ts'
import { type Arguments, SEPARATOR } from '../runners/arguments.ts'
import { messageOf } from '../runners/failure.ts'
import { Status, writeAll } from '../runners/status.ts'
import { withLocalPicture } from './fetched-params.ts'
import { runProgram } from './run-program.ts'

export interface DispatchOptions {
  /** Where a task is, or why it cannot be run. Undefined: there is none of that name. */
  locate(name: string): Promise<Located | { error: string } | undefined>
  /** Runs a file of TypeScript, which says its status. @returns the code to exit with */
  runTask(file: string, args: Arguments, options: { statusFd: number }): Promise<number>
  /** Where the caller reads standard output. */
  statusFd: number
  /** So long a task may take, milliseconds. */
  ms: number
}

/** What launchers are told of a task that is none: clients know the word. */
const UNKNOWN = 'BAD_TASK_NAME'

/** Runs a task as its launcher asks, and says its status. @returns the code to exit with */
export async function dispatch(args: Arguments, { locate, runTask, statusFd, ms }: DispatchOptions): Promise<number> {
  const status = new Status(statusFd, args.separator)
  const fail = (error: string) => {
    status.say({ error })
    return 1
  }
  try {
    const located = await locate(args.name)
    if (!located) return fail(UNKNOWN)
    if ('error' in located) return fail(located.error)
    const work = folderOf(args.work, '-d')
    const ready: Arguments = { ...args, work, out: freshFolder(folderOf(args.out, '-o'), args.name), in: null }
    ready.in = await withLocalPicture(args.in === null ? null : resolve(args.in), work)
    const { language, file, command } = located
    if (language !== 'typescript' || file === null)
      return await runExecutable([...command, ...listOf(ready)], ready, { status, statusFd, ms })
    // Caught by what runs it, as anything that a task throws somewhere. One that calculates for ever is its launcher's to end.
    setTimeout(() => {
      throw new Error(`The task took longer than ${ms / 1000} s (AJAR_TASK_SECONDS).`)
    }, ms).unref()
    return await runTask(file, ready, { statusFd })
  } catch (error) {
    return fail(messageOf(error))
  }
}

/**
 * What a program of others says of itself is looked at as it is where ajar launches it: its log goes to the caller line by line, a
 * status that is none, or names what is no file of its own, is an error.
 */
async function runExecutable(
  command: string[],
  { work, out, separator }: Arguments,
  { status, statusFd, ms }: Pick<DispatchOptions, 'statusFd' | 'ms'> & { status: Status },
): Promise<number> {
  const before = outFolderNow(out)
  const reader = new StatusReader((line) => writeAll(statusFd, Buffer.from(`${line}\n`)), separator)
  const ended = await runProgram({ command, cwd: work, onOutput: (chunk) => reader.take(chunk), ms })
  const said = reader.end()
  if (ended.wasAsked && said === null) return ended.code
  try {
    const outfile = judge(ended.code, said)
    checkOutfile(outfile, work, before)
    status.say({ outfile: resolve(work, outfile) })
  } catch (error) {
    status.say({ error: messageOf(error) })
    return ended.code || 1
  }
  return 0
}

function folderOf(path: string, option: string): string {
  const folder = resolve(path)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder
  throw new Error(`${folder} (${option}) is no folder.`)
}

/** A launcher names one folder for the results of all calls, and tasks name their files each as it likes. */
function freshFolder(out: string, name: string): string {
  let folder: string
  try {
    folder = mkdtempSync(join(out, `${name}-`))
  } catch (error) {
    throw new Error(`Nothing can be written to ${out} (-o): ${(error as Error).message}`)
  }
  // As the files in it: others than this user may read results.
  chmodSync(folder, 0o755)
  process.on('exit', () => {
    try {
      rmdirSync(folder)
    } catch {
      // It holds a result.
    }
  })
  return folder
}

function listOf({ name, in: file, work, out, separator }: Arguments): string[] {
  const params = file === null ? [] : ['-i', file]
  const line = separator === SEPARATOR ? [] : ['-s', separator]
  return ['-n', name, ...params, '-d', work, '-o', out, ...line]
}
