import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Arguments, parseArguments, SEPARATOR } from './arguments.ts'
import { messageOf, stackOf } from './failure.ts'
import { loadTask } from './load-task.ts'
import { Status } from './status.ts'
import { workOf } from './work.ts'
import { writeResult } from './write-result.ts'

/**
 * The program that a TypeScript task runs in: `run-ts.ts [--status-fd N] FILE -n TASK [-i params.json] -d WORKDIR -o OUTDIR`
 * runs it (WIRE.md B), `run-ts.ts --describe FILE` says on file descriptor 3 what it declares. What starts with every call is
 * kept small, and all else is loaded when it is needed.
 */

export interface RunOptions {
  /** Where the launcher reads standard output: another one than 1 where standard output is no more than log. */
  statusFd?: number
}

/**
 * Runs the task of `file` in this process, and says its status. Standard output is not used for anything else from now on.
 * @returns the code to exit with
 */
export async function runTask(file: string, args: Arguments, { statusFd = 1 }: RunOptions = {}): Promise<number> {
  const status = new Status(statusFd, args.separator)
  guard(status)
  try {
    status.say({ outfile: await performTask(file, readParams(args.in), args) })
    return 0
  } catch (error) {
    return fail(status, error)
  }
}

/**
 * Calls the task of `file` and writes what it returns.
 * @returns the path of its result
 * @throws what the task throws; Error where it is no task, or returns what is no result
 */
export async function performTask(
  file: string,
  params: Record<string, unknown>,
  { name, work, out }: Pick<Arguments, 'name' | 'work' | 'out'>,
): Promise<string> {
  const folders = { work: resolve(work), out: resolve(out) }
  const path = resolve(file)
  process.chdir(folders.work)
  const task = await loadTask(path)
  const value = await task.default(params, workOf(folders.work, folders.out))
  return writeResult(value, params, { name, ...folders })
}

/** However the task ends the process, and whatever it prints: there is one status. */
function guard(status: Status) {
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  process.on('uncaughtException', (error) => process.exit(fail(status, error)))
  process.on('exit', (code) => {
    if (status.isSaid) return
    const why = code === 13 ? 'it waits for something that never comes' : `it called process.exit(${code})`
    status.say({ error: `The task ended before it returned anything: ${why}.` })
    process.exitCode = 1
  })
}

function fail(status: Status, error: unknown): number {
  process.stderr.write(stackOf(error))
  status.say({ error: messageOf(error) })
  return 1
}

function readParams(path: string | null): Record<string, unknown> {
  if (path === null) return {}
  let params: unknown
  try {
    params = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`The parameters (-i ${path}) cannot be read: ${(error as Error).message}`)
  }
  if (params === null || typeof params !== 'object' || Array.isArray(params))
    throw new Error(`The parameters (-i ${path}) have to be an object.`)
  return params as Record<string, unknown>
}

async function main([first = '', ...argv]: string[]): Promise<number> {
  if (first === '--describe') return (await import('./describe-ts.ts')).describe(argv[0] ?? '', 3)
  const fd = /^--status-fd=(\d+)$/.exec(first)?.[1]
  const file = fd === undefined ? first : argv.shift()
  const statusFd = Number(fd ?? 1)
  try {
    if (!file) throw new Error('run-ts.ts has to be told the file of the task.')
    return await runTask(resolve(file), parseArguments(argv), { statusFd })
  } catch (error) {
    return fail(new Status(statusFd, SEPARATOR), error)
  }
}

// The process ends with its task, whatever timers and sockets the task left behind.
if (import.meta.main) process.exit(await main(process.argv.slice(2)))
