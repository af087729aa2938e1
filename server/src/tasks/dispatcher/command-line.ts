import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Arguments, parseArguments, SEPARATOR } from '../runners/arguments.ts'

/** What `ajar-dispatcher` was called for. */
export type Asked =
  | { what: 'help' }
  | { what: 'list'; folder: string | null }
  | { what: 'run'; folder: string | null; args: Arguments }

/** A call that cannot be understood, and the line that its status comes after. */
export class BadCallError extends Error {
  readonly separator: string
  constructor(message: string, separator: string) {
    super(message)
    this.separator = separator
  }
}

export const HELP = `Usage: ajar-dispatcher [--tasks FOLDER] -n TASK [-i PARAMS.json] -d WORKDIR -o OUTDIR [-s LINE]
       ajar-dispatcher [--tasks FOLDER] --list

Runs a task by the protocol that Firefly servers launch external tasks with. Last on standard output come a line
${SEPARATOR} (or LINE) and one of JSON, {"outfile":"/path"} with exit code 0, or {"error":"why"} with another one; all else goes to standard error.

  -n, --name TASK     which task
  -i, --in FILE       its parameters, a JSON object; _imageURL is a path (from WORKDIR where it is not absolute), a
                      file:// or an http(s):// address
  -d, --work FOLDER   the folder that it works in
  -o, --outdir FOLDER where its result is put, in a new folder of its own
  -s, --sep LINE      another line before the status
  --tasks FOLDER      a folder of tasks, which go before those that come with ajar; else the one that AJAR_TASKS_DIR names
  --list              which tasks there are

In the app.prop of a Firefly server (its clients then ask for the launcher "ajar"):

  ajar.exe= "/usr/local/bin/ajar-dispatcher"
`

/**
 * @param argv without Node and the program
 * @param usual the folder of the operator's tasks where none is told, or null
 * @throws BadCallError
 */
export function commandLine(argv: readonly string[], usual: string | null): Asked {
  const { folder: named, rest } = withoutFolder(argv, usual)
  const folder = named === null ? null : resolve(named)
  if (rest.length === 1 && (rest[0] === '--help' || rest[0] === '-h')) return { what: 'help' }
  // Of the server's setting, a folder that is not there is an empty one, as it is to the server.
  if (folder !== null && named !== usual && !statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new BadCallError(`--tasks names ${folder}, which is no folder.`, separatorOf(rest))
  if (rest.length === 1 && rest[0] === '--list') return { what: 'list', folder }
  try {
    return { what: 'run', folder, args: parseArguments(rest) }
  } catch (error) {
    throw new BadCallError(
      `${(error as Error).message} ajar-dispatcher --help tells how it is called.`,
      separatorOf(rest),
    )
  }
}

/** `--tasks FOLDER` comes first: a launcher adds its own arguments behind those that it was configured with. */
function withoutFolder(
  argv: readonly string[],
  usual: string | null,
): { folder: string | null; rest: readonly string[] } {
  const [first = '', second, ...others] = argv
  if (first.startsWith('--tasks=')) return { folder: first.slice('--tasks='.length), rest: argv.slice(1) }
  if (first === '--tasks' && second !== undefined) return { folder: second, rest: others }
  return { folder: usual, rest: argv }
}

/** Whatever else is wrong, the status is looked for behind this line. */
function separatorOf(argv: readonly string[]): string {
  const at = argv.findIndex((one) => one === '-s' || one === '--sep')
  const joined = argv.find((one) => one.startsWith('--sep='))?.slice('--sep='.length)
  return (at >= 0 ? argv[at + 1] : joined) || SEPARATOR
}
