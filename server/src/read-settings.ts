import { resolve } from 'node:path'

/** One setting: its name in the environment, its default there, how it is read, and what the README says of it. */
export interface Setting<T> {
  name: string
  fallback: string
  about: string
  /** Returns the value, or throws an Error whose message says what is expected. */
  read(text: string): T
}

export const setting = <T>(name: string, fallback: string, about: string, read: (text: string) => T): Setting<T> => ({
  name,
  fallback,
  about,
  read,
})

/** A list of settings, and what is read of them. */
type Settings = Record<string, Setting<unknown>>
export type Values<List extends Settings> = { [K in keyof List]: List[K] extends Setting<infer T> ? T : never }

/** What is wrong with the settings, or with what they name, in one error: the caller's fault. */
export class SettingsError extends Error {
  readonly code = 'bad_settings'
}

/**
 * Reads every setting of a list once.
 * @param alsoWrong what is wrong with settings that can be read, each for itself
 * @throws SettingsError that names all unreadable settings together.
 */
export function readAll<List extends Settings>(
  list: List,
  environment: Record<string, string | undefined>,
  alsoWrong: (values: Partial<Values<List>>) => string[] = () => [],
): Values<List> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [key, { name, fallback, read }] of Object.entries(list)) {
    // Set to nothing is not set: an empty address would listen on all of them.
    const given = environment[name] || fallback
    try {
      values[key] = read(given)
    } catch (error) {
      problems.push(`${name}=${JSON.stringify(shown(name, given))}: ${(error as Error).message}`)
    }
  }
  problems.push(...alsoWrong(values as Partial<Values<List>>))
  if (problems.length > 0) throw new SettingsError(`Settings that cannot be used:\n  ${problems.join('\n  ')}`)
  return values as Values<List>
}

/** The exit code of a process that was given what it cannot use. */
export const BAD_USE = 2

/** For a process: what is wrong with its settings is said on standard error, and it ends. */
export function settingsOrExit<Settings>(read: () => Settings): Settings {
  try {
    return read()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(BAD_USE)
  }
}

/** A secret never reaches a log, not even a wrong one. */
function shown(name: string, value: string): string {
  return name.endsWith('_TOKEN') || name.endsWith('_URL') ? '(hidden)' : value
}

export function oneOf<T extends string>(...allowed: T[]): (value: string) => T {
  return (value) => {
    if (!(allowed as string[]).includes(value)) throw new Error(`one of ${allowed.join(', ')} is expected`)
    return value as T
  }
}

/** What the job worker reads as well, which needs nothing of the rest. */
export const SHARED = {
  dataDir: setting('AJAR_DATA_DIR', './data', 'folder of everything that is kept', (value) => resolve(value)),
  logLevel: setting(
    'AJAR_LOG_LEVEL',
    'info',
    'least level that is logged: `trace`, `debug`, `info`, `warn`, `error`, `silent`',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
  ),
}

/** What the programs worker reads, which is not to know more. */
export const PROGRAMS_WORKER = {
  ...SHARED,
  programsSocketDir: setting(
    'AJAR_PROGRAMS_SOCKET_DIR',
    '',
    'folder where server and programs worker meet, of a group that may connect; empty: `run` in the data folder, for the same user',
    (value) => (value === '' ? '' : resolve(value)),
  ),
}
