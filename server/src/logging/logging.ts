import { join } from 'node:path'
import { pino } from 'pino'
import type { Settings } from '../settings.ts'
import { type Component, type Level, Levels, type Log } from './levels.ts'
import { forPeople, type LogLine } from './readable.ts'
import { RecentLines } from './recent-lines.ts'
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
  #file: RotatingFile | null = null
  #wantsFile: boolean
  #started = false
  /** Of files that were switched off since. */
  #droppedBefore = 0
  #closing: Promise<void> = Promise.resolve()

  constructor(options: LoggingOptions) {
    this.#options = options
    this.#wantsFile = options.file.enabled
    const root = pino(
      {
        level: 'trace', // each component has a level of its own
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { err: told, error: told, req: ({ method, url }) => ({ method, url }), res: () => undefined },
      },
      { write: (line) => this.#take(JSON.parse(line)) },
    )
    this.levels = new Levels(root, options.level)
  }

  /** The log of one part of the server. */
  of(component: Component): Log {
    return this.levels.of(component)
  }

  /** The last lines as they were printed, the oldest first. */
  lastLines(most: number): string[] {
    const lines = this.recent.newest({}, most)
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

  /** Begins with the file, once its folder is ours. */
  start() {
    this.#started = true
    this.switchFile(this.#wantsFile)
  }

  /** Switches the file on or off, until the next start. */
  switchFile(enabled: boolean) {
    this.#wantsFile = enabled
    if (!this.#started || enabled === (this.#file !== null)) return
    if (!enabled) {
      this.#closing = this.#closeFile()
      return
    }
    const { path, maxBytes } = this.#options.file
    this.#file = new RotatingFile({ path, maxBytes, onTrouble: (why, dropped) => this.#tellTrouble(why, dropped) })
  }

  get file() {
    const { path } = this.#options.file
    const droppedLines = this.#droppedBefore + (this.#file?.dropped ?? 0)
    const trouble = this.#file?.trouble ?? null
    return { enabled: this.#wantsFile, path, bytes: this.#file?.size ?? 0, droppedLines, trouble }
  }

  async close() {
    this.#started = false
    await this.#closing
    await this.#closeFile()
  }

  /** For a process that ends at once. */
  writeNow() {
    this.#file?.writeNow()
  }

  async #closeFile() {
    const file = this.#file
    this.#file = null
    await file?.close()
    this.#droppedBefore += file?.dropped ?? 0
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
    this.#file?.write(`${json}\n`)
  }

  #tellTrouble(why: string | null, dropped: number) {
    const log = this.of('logging')
    if (why) log.error({ why }, 'the log file takes no lines; they are counted and dropped')
    else log.warn({ dropped }, 'the log file takes lines again')
  }
}

/** @param print takes lines for people instead of standard output */
export function loggingFor(settings: Settings, print = (text: string) => void process.stdout.write(text)): Logging {
  const { logLevel: level, logFile, logFileBytes: maxBytes, dataDir, adminToken, influxUrl } = settings
  const path = logFile ?? join(dataDir, 'logs', 'ajar.log')
  const logging = new Logging({ level, file: { path, maxBytes, enabled: logFile !== null }, print })
  if (adminToken) logging.hide(adminToken)
  if (influxUrl) for (const secret of formsOf(influxUrl)) logging.hide(secret)
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

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** A frame's id begins with its camera's. */
function cameraOf(frame: unknown): string | null {
  return typeof frame === 'string' ? frame.split('/').slice(0, 2).join('/') : null
}
