import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const SERVER = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url))
export const AGENT = fileURLToPath(new URL('../../../edge-agent/src/main.ts', import.meta.url))
const CONSOLE = fileURLToPath(new URL('../../../server/web/build.ts', import.meta.url))
const CODE_DOCS = fileURLToPath(new URL('../../../docs/code/build.ts', import.meta.url))
const BUNDLE = fileURLToPath(new URL('../../bundle/build.ts', import.meta.url))
const STOP_LIMIT_MS = 20_000

/** A machine line: one JSON object a line, on standard output. */
export type MachineLine = Record<string, unknown>

export interface ProcessOptions {
  /** Added to ours; `undefined` takes a variable away. */
  environment?: Record<string, string | undefined>
  /** A program and its arguments that runs ours, such as a tracer. */
  under?: string[]
  /** Told of every line for people; nothing is printed otherwise. */
  onLine?(line: string): void
  onMachineLine?(line: MachineLine): void
}

/** One of our processes. It ends when we do: its IPC channel closes then. */
export class Process {
  readonly #child: ChildProcess
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>

  constructor(script: string, args: string[], { environment = {}, under = [], onLine, onMachineLine }: ProcessOptions) {
    const [program = process.execPath, ...programArgs] = [...under, process.execPath, script, ...args]
    this.#child = spawn(program, programArgs, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C reaches us alone, and we stop our processes in order.
      detached: true,
    })
    const read = (stream: NodeJS.ReadableStream | null, line: (text: string) => void) =>
      stream && createInterface({ input: stream }).on('line', line)
    read(this.#child.stdout, (text) => (text.startsWith('{') ? onMachineLine?.(JSON.parse(text)) : onLine?.(text)))
    read(this.#child.stderr, (text) => onLine?.(text))
    this.#child.on('message', () => {}) // heartbeats; without a listener they would be kept
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => resolve(signal ?? code ?? 0))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  kill(signal: NodeJS.Signals) {
    this.#child.kill(signal)
  }

  /** As where a terminal is closed: what it prints finds nobody. */
  closeOutput() {
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
  }

  /** Asks it to end; a process that does not is killed after 20 s. */
  async stop() {
    this.kill('SIGTERM')
    const timer = setTimeout(() => this.kill('SIGKILL'), STOP_LIMIT_MS)
    await this.ended
    clearTimeout(timer)
  }
}

/** Where a server is reached from this machine. */
export interface ServerAddresses {
  /** `http://host:port` or, with TLS, `https://host:port`, with the host by which we reach it */
  http: string
  /** `mqtt://host:port`; where plain MQTT is off `mqtts://host:port`, or MQTT over WebSocket */
  mqtt: string
  /** `mqtts://host:port`, where it has a certificate */
  mqtts: string | null
  /** PEM file of the server's certificate, where it has one: who talks to it trusts this one. */
  ca: string | null
}

export interface RunningServer extends ServerAddresses {
  process: Process
  /** The admin token, where this start made it. */
  adminToken: string | null
}

/** Starts the server and waits until broker, database and HTTP are ready. @throws what `launchServer` says */
export function startServer(options: ProcessOptions): Promise<RunningServer> {
  return launchServer(options).ready
}

export interface LaunchedServer {
  process: Process
  /** Rejects with what the server printed, where it ends before it is ready. */
  ready: Promise<RunningServer>
}

/** Starts the server; its process can be watched, or killed, before it is ready. */
export function launchServer(options: ProcessOptions): LaunchedServer {
  let adminToken: string | null = null
  const printed: string[] = []
  const ready = Promise.withResolvers<Listening>()
  const server = new Process(SERVER, [], {
    ...options,
    onLine(line) {
      printed.push(line)
      if (printed.length > 50) printed.shift()
      options.onLine?.(line)
    },
    onMachineLine(line) {
      const { admin, listening } = line as { admin?: { token: string }; listening?: Listening }
      if (admin) adminToken = admin.token
      if (listening) ready.resolve(listening)
      options.onMachineLine?.(line)
    },
  })
  const ended = server.ended.then((code) => {
    throw new Error(`the server ended (${code}) before it was ready:\n${printed.join('\n')}`)
  })
  ended.catch(() => {}) // once it was ready, its end is the caller's to notice
  const running = Promise.race([ready.promise, ended]).then((listening) => ({
    process: server,
    ...addressesOf(listening, options),
    adminToken,
  }))
  return { process: server, ready: running }
}

/** The server's machine line of this name: ports. */
export interface Listening {
  http: number
  mqtt: number | null
  mqtts?: number
  tls?: boolean
}

/** Where it is to listen, before it does. */
export function configuredPorts(): Listening {
  const { AJAR_HTTP_PORT: http, AJAR_TLS_CERT: certificate } = process.env
  return { http: Number(http || 20002), mqtt: null, tls: Boolean(certificate) }
}

export function addressesOf({ http, mqtt, mqtts, tls }: Listening, options: ProcessOptions): ServerAddresses {
  const mqttHost = reachable('AJAR_MQTT_HOST', options)
  const web = `${reachable('AJAR_HTTP_HOST', options)}:${http}`
  const secure = mqtts === undefined ? null : `mqtts://${mqttHost}:${mqtts}`
  return {
    http: `${tls ? 'https' : 'http'}://${web}`,
    mqtt: mqtt === null ? (secure ?? `ws://${web}/mqtt`) : `mqtt://${mqttHost}:${mqtt}`,
    mqtts: secure,
    ca: tls ? resolve(settingOf('AJAR_TLS_CERT', options) ?? '') : null,
  }
}

function settingOf(setting: string, { environment = {} }: ProcessOptions): string | undefined {
  return setting in environment ? environment[setting] : process.env[setting]
}

/** The host of a URL at which we reach a listener of the server: where it listens, or loopback where that is everywhere. */
function reachable(setting: string, options: ProcessOptions): string {
  const host = settingOf(setting, options) || '127.0.0.1'
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** Starts an agent with a config file. */
export function startAgent(configFile: string, options: ProcessOptions): Process {
  return new Process(AGENT, [configFile], options)
}

/** Builds the web console, unless it stands there built from the same sources. */
export function makeConsole(options: ProcessOptions): Process {
  return new Process(CONSOLE, [], options)
}

/** Bundles our processes, unless that was done with the same sources: they start in a fraction of the time then. */
export function makeBundle(options: ProcessOptions): Process {
  return new Process(BUNDLE, [], options)
}

/** Builds the reference of the code, unless it stands there built from the same sources; in nobody's way, for it takes long. */
export function makeCodeDocs(options: ProcessOptions): Process {
  return new Process(CODE_DOCS, [], { under: ['nice', '-n', '19'], ...options })
}
