import { join } from 'node:path'
import { pino } from 'pino'
import type { Settings } from '../settings.ts'
import { type Component, type Level, Levels, type Log } from './levels.ts'
import { checkLogFile } from './log-file-kind.ts'
import { forPeople, type LogLine } from './readable.ts'
import { type LineFilter, RecentLines } from './recent-lines.ts'
import { RotatingFile } from './rotating-file.ts'
import { Scrubber } from './scrubber.ts'

export interface LoggingOptions {
  level: Level
  /** Where JSON lines are kept, and how many bytes they may take together. */
  file: { path: string; maxBytes: number; enabled: boolean }
  /** Takes lines for people. */
  print(text: string): void
}

/**
 * All that is logged: lines for people on standard output, the last ones in memory for GET /api/logs, and JSON lines in
 * a file where that is switched on. Every line is cleaned of secrets before it goes anywhere.
 */
export class Logging {
  readonly recent = new RecentLines()
  readonly levels: Levels
  readonly #options: LoggingOptions
  readonly #scrubber = new Scrubber()
  readonly #file: RotatingFile
  readonly #always: Log
  #wantsFile: boolean
  #started = false

  constructor(options: LoggingOptions) {
    this.#options = options
    this.#wantsFile = options.file.enabled
    const { path, maxBytes } = options.file
    this.#file = new RotatingFile({ path, maxBytes, onTrouble: (why, dropped) => this.#tellTrouble(why, dropped) })
    const root = pino(
      {
        level: 'trace', // each component has a level of its own
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }), log: withoutReserved },
        serializers: { err: told, error: told, req: ({ method, url }) => ({ method, url }), res: () => undefined },
      },
      { write: (line) => this.#take(JSON.parse(line)) },
    )
    this.levels = new Levels(root, options.level)
    this.#always = root.child({ component: 'logging' satisfies Component })
  }

  /** A line that stands in the log whatever the levels are: what is logged was changed. */
  tellChange(by: string, change: object) {
    this.#always.warn({ by, ...change }, 'what is logged was changed')
  }

  /** The log of one part of the server. */
  of(component: Component): Log {
    return this.levels.of(component)
  }

  /** The last lines as they were printed, the oldest first. */
  lastLines(most: number, filter: LineFilter = {}): string[] {
    const lines = this.recent.newest(filter, most)
    return lines.map(({ json }) => forPeople(JSON.parse(json)).trimEnd()).reverse()
  }

  /** This text never stands in a line. */
  hide(secret: string) {
    this.#scrubber.hide(secret)
  }

  /** A text that others wrote, and that is shown elsewhere: it may quote a secret that was sent to them. */
  clean(text: string | null): string | null {
    return text && String(this.#scrubber.clean(text))
  }

  /** Begins with the file, once its folder is ours. @throws Error where what stands there can take no log */
  async start() {
    if (this.#wantsFile) await checkLogFile(this.#options.file.path)
    this.#started = true
  }

  /** Switches the file on or off, until the next start; its last line, or its first, says who did. */
  switchFile(enabled: boolean, by: string) {
    if (enabled === this.#wantsFile) return
    this.#wantsFile = true // for this line
    this.tellChange(by, { file: { enabled } })
    this.#wantsFile = enabled
    if (!enabled) this.#file.letGo()
  }

  get file() {
    const { dropped: droppedLines, size, trouble } = this.#file
    const isWritten = this.#started && this.#wantsFile
    return {
      enabled: this.#wantsFile,
      isConfigured: this.#options.file.enabled,
      path: this.#options.file.path,
      bytes: isWritten ? size : 0,
      droppedLines,
      trouble: isWritten ? trouble : null,
    }
  }

  /** Whether the disk of the file does not answer, see there. */
  get isStuck(): boolean {
    return this.#file.isStuck
  }

  async close() {
    this.#started = false
    await this.#file.close()
  }

  /** For a process that ends at once. */
  writeNow() {
    this.#file.writeNow()
  }

  #take(written: object) {
    const line = this.#scrubber.clean(written) as LogLine
    const json = JSON.stringify(line)
    this.#options.print(forPeople(line))
    const { time, level, component, frame, camera, job } = line
    this.recent.add({
      ...{ atMs: Date.parse(time), level, component, json },
      frame: textOrNull(frame),
      camera: textOrNull(camera) ?? cameraOf(frame),
      job: textOrNull(job),
    })
    if (this.#started && this.#wantsFile) this.#file.write(`${json}\n`)
  }

  #tellTrouble(why: string | null, dropped: number) {
    const log = this.of('logging')
    if (why) log.error({ why }, 'the log file takes no lines; they are counted and dropped')
    else log.warn({ dropped }, 'the log file takes lines again')
  }
}

/** @param print takes lines for people instead of standard output */
export function loggingFor(settings: Settings, print = (text: string) => void process.stdout.write(text)): Logging {
  const { logLevel: level, logFile, logFileBytes: maxBytes, dataDir, adminToken, influxUrl, influxToken } = settings
  const { releaseRemote } = settings
  const path = logFile ?? join(dataDir, 'logs', 'ajar.log')
  const logging = new Logging({ level, file: { path, maxBytes, enabled: logFile !== null }, print })
  for (const token of [adminToken, influxToken]) if (token) logging.hide(token)
  if (influxUrl) for (const secret of formsOf(influxUrl)) logging.hide(secret)
  for (const secret of secretsOfRemote(releaseRemote)) logging.hide(secret)
  return logging
}

/** A log without a file, for processes whose parent keeps their lines. */
export function createLog(level: Level, component: Component = 'server'): Log {
  const print = (text: string) => void process.stdout.write(text)
  return new Logging({ level, file: { path: '', maxBytes: 0, enabled: false }, print }).of(component)
}

/** A password in the forms in which it is sent, and comes back where somebody quotes a request. */
function formsOf({ username, password }: URL): string[] {
  const [user, plain] = [decodeURIComponent(username), decodeURIComponent(password)]
  return [plain, password, encodeURIComponent(plain), Buffer.from(`${user}:${plain}`).toString('base64')]
}

/** Who reaches a repository over HTTPS may show a token in place of a user. */
function secretsOfRemote(remote: string | null): string[] {
  const url = remote === null ? null : URL.parse(remote)
  if (!url) return []
  const isToken = url.protocol === 'https:' && url.password === ''
  const secrets = [url.password, isToken ? url.username : '', ...url.searchParams.values()]
  return secrets.filter((secret) => secret !== '').flatMap((secret) => [secret, decoded(secret)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Of an error, what says what happened: whatever else hangs on it may be a request with its headers. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name: type, message, stack, cause } = error
  const { code } = error as NodeJS.ErrnoException
  return {
    ...{ type, message, stack },
    ...(code === undefined ? {} : { code }),
    ...(cause instanceof Error ? { cause: { message: cause.message, stack: cause.stack } } : {}),
  }
}

/** What a line says of itself under these names is not for its fields: pino would write both, and the last would count. */
const RESERVED = ['time', 'level', 'component', 'msg']

function withoutReserved(fields: Record<string, unknown>): Record<string, unknown> {
  if (!RESERVED.some((name) => name in fields)) return fields
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [RESERVED.includes(name) ? `${name}_` : name, value]),
  )
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** A frame's id begins with its camera's. */
function cameraOf(frame: unknown): string | null {
  return typeof frame === 'string' ? frame.split('/').slice(0, 2).join('/') : null
}
