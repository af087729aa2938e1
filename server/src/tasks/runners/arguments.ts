/** What a launcher tells an executable (WIRE.md B): `-n TASK [-i params.json] -d WORKDIR -o OUTDIR [-s LINE]`. */
export interface Arguments {
  /** Which task. */
  name: string
  /** The file of its parameters; null: it has none. */
  in: string | null
  /** Its working directory. */
  work: string
  /** Where its result has to be. */
  out: string
  /** The line of standard output after which its status stands. */
  separator: string
}

export const SEPARATOR = '___TASK STATUS___'

const LONG = { '--name': 'name', '--in': 'in', '--work': 'work', '--outdir': 'out', '--sep': 'separator' } as const
const SHORT = { '-n': 'name', '-i': 'in', '-d': 'work', '-o': 'out', '-s': 'separator' } as const
const KEYS: Record<string, keyof Arguments> = { ...LONG, ...SHORT }

/**
 * @param argv without the program and its first arguments; `--name X`, `--name=X` and `-n X` are the same
 * @throws Error that says which argument is wrong, or missing
 */
export function parseArguments(argv: readonly string[]): Arguments {
  const found: Partial<Record<keyof Arguments, string>> = {}
  for (let at = 0; at < argv.length; at++) {
    const [, option = '', joined] = /^(--[a-z]+)=(.*)$/s.exec(argv[at] ?? '') ?? [undefined, argv[at], undefined]
    const key = KEYS[option]
    if (!key)
      throw new Error(`${JSON.stringify(option)} is no argument of a task: ${Object.keys(KEYS).join(', ')} are.`)
    const value = joined ?? argv[++at]
    if (value === undefined || value === '') throw new Error(`${option} has to be followed by a value.`)
    found[key] = value
  }
  const { name, in: file = null, work, out, separator = SEPARATOR } = found
  if (name === undefined) throw new Error('-n is missing: which task is to be run.')
  if (work === undefined) throw new Error('-d is missing: the folder that the task works in.')
  if (out === undefined) throw new Error('-o is missing: the folder that takes the result.')
  return { name, in: file, work, out, separator }
}
