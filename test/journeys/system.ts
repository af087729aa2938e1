import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Api, launchServer, type Process, type ProcessOptions, type RunningServer, startAgent } from '@ajar/local'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'

/** Known beforehand, so that a server killed before it printed one can still be asked. */
export const ADMIN_TOKEN = 'an-admin-token-of-the-journeys'

/** A frame as GET /api/frames shows it. */
export interface Frame {
  id: string
  sha256: string
  outcome: 'pending' | 'classified' | 'skipped' | 'refused'
  code: string | null
  result: { state: string; best: string | null; reason: string | null; model: string | null } | null
}

/** A server on free ports with a temporary data folder, and whatever is connected to it; `close` ends and removes all. */
export class System {
  readonly folder: string
  readonly dataDir: string
  readonly #environment: Record<string, string>
  readonly #under: string[]
  readonly #clients = new Set<MqttClient>()
  readonly #agents = new Set<Process>()
  #process: Process | null = null
  #server: RunningServer | null = null
  /** What the server printed for people since its last start. */
  printed: string[] = []

  private constructor(folder: string, environment: Record<string, string>, under: string[]) {
    this.folder = folder
    this.dataDir = environment.AJAR_DATA_DIR ?? join(folder, 'data')
    this.#environment = environment
    this.#under = under
  }

  /** Makes the folder and starts the server; `environment` adds to its settings, `under` runs it each time. */
  static async start(environment: Record<string, string> = {}, under: string[] = []): Promise<System> {
    const system = new System(await mkdtemp(join(tmpdir(), 'ajar-journey-')), environment, under)
    await system.startServer().catch(async (error) => {
      await system.close()
      throw error
    })
    return system
  }

  /** The settings of every server that this system starts. */
  get environment(): Record<string, string> {
    return {
      AJAR_DATA_DIR: this.dataDir,
      AJAR_HTTP_PORT: '0',
      AJAR_MQTT_PORT: '0',
      AJAR_ADMIN_TOKEN: ADMIN_TOKEN,
      AJAR_MAX_PENDING_AGE: 'infinite',
      AJAR_CLASSIFY_WORKERS: '1',
      AJAR_PROGRAMS_SAME_USER: '1',
      ...this.#environment,
    }
  }

  get server(): RunningServer {
    if (!this.#server) throw new Error('the server does not run')
    return this.#server
  }

  get api(): Api {
    return new Api(this.server, ADMIN_TOKEN)
  }

  get mqttPort(): number {
    return Number(new URL(this.server.mqtt).port)
  }

  get #mqttHost(): string {
    return new URL(this.server.mqtt).hostname
  }

  /** Resolves when it listens. @param under a program and its arguments that runs it */
  async startServer(under = this.#under): Promise<void> {
    this.printed = []
    const onLine = (line: string) => this.printed.push(line)
    const { process, ready } = launchServer({ environment: this.environment, under, onLine })
    this.#process = process
    this.#server = await ready
  }

  async stopServer(): Promise<void> {
    this.#server = null
    await this.#process?.stop()
  }

  /** SIGKILL, also while it starts: `startServer` rejects then. */
  async killServer(): Promise<void> {
    this.#server = null
    this.#process?.kill('SIGKILL')
    await this.#process?.ended
  }

  /** Registers a device. @returns its token */
  async addDevice(name: string): Promise<string> {
    const { token } = await this.api.send<{ token: string }>('POST', '/api/devices', { name })
    return token
  }

  /** Connects a standard client that never reconnects by itself. `port` is the broker's unless told. */
  async connect(
    username: string,
    password: string,
    { port = this.mqttPort, ...options }: IClientOptions = {},
  ): Promise<MqttClient> {
    const identity = { clientId: username, username, password }
    // `false`: otherwise mqtt.js waits for ever where the connection closes before CONNACK.
    const client = await connectAsync(
      `mqtt://${this.#mqttHost}:${port}`,
      { ...identity, reconnectPeriod: 0, ...options },
      false,
    )
    client.on('error', () => {}) // a close always follows, and that is what tests watch
    this.#clients.add(client)
    return client
  }

  /** Connects with the admin's token, which may watch everything. */
  connectOperator(): Promise<MqttClient> {
    return this.connect('token', ADMIN_TOKEN)
  }

  startAgent(
    configFile: string,
    onMachineLine: (line: Record<string, unknown>) => void = () => {},
    options: ProcessOptions = {},
  ): Process {
    const agent = startAgent(configFile, { onMachineLine, ...options })
    this.#agents.add(agent)
    return agent
  }

  /** The frame, or null where nobody knows it. */
  frame(id: string): Promise<Frame | null> {
    return this.api.get<Frame>(`/api/frames/${id}`).catch((error: { status?: number }) => {
      if (error.status === 404) return null
      throw error
    })
  }

  /** Waits until the frame has ended. */
  ended(id: string): Promise<Frame> {
    return until(async () => {
      const frame = await this.frame(id)
      return frame?.outcome === 'pending' ? null : frame
    })
  }

  /** The value of one series of /metrics, for example `ajar_frames_refused_total{code="empty"}`; 0 where it never counted. */
  async metric(series: string): Promise<number> {
    const text = await this.api.get<string>('/metrics')
    const line = text.split('\n').find((one) => one.startsWith(`${series} `))
    return line === undefined ? 0 : Number(line.slice(series.length + 1))
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true)
    for (const agent of this.#agents) agent.kill('SIGKILL')
    await Promise.all([...this.#agents].map((agent) => agent.ended))
    await this.stopServer()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** The pause between two questions: a share of the time that went by, for asking may start a program where others need the cores. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS, PAUSE_SHARE] = [20, 250, 1 / 20]

const LIMIT_MS = 60_000

/** Asks again and again until there is an answer. @throws Error that tells what was asked, where none comes in time */
export async function until<T>(
  ask: () => T | Promise<T>,
  limitMs = LIMIT_MS,
): Promise<Exclude<T, null | undefined | false>> {
  const begun = performance.now()
  for (;;) {
    const answer = await ask()
    if (answer) return answer as Exclude<T, null | undefined | false>
    const passedMs = performance.now() - begun
    if (passedMs > limitMs) throw new Error(`not within ${limitMs / 1000} s: ${ask}`)
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, passedMs * PAUSE_SHARE))
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Resolves when the client's connection closes. */
export function closed(client: MqttClient): Promise<'closed'> {
  return new Promise((resolve) => client.once('close', () => resolve('closed')))
}

/** What arrives under `filter` from now on, oldest first, parsed. */
export async function watch<Payload>(
  client: MqttClient,
  filter: string,
): Promise<{ topic: string; payload: Payload }[]> {
  const messages: { topic: string; payload: Payload }[] = []
  client.on('message', (topic, payload) => messages.push({ topic, payload: JSON.parse(payload.toString()) }))
  await client.subscribeAsync(filter, { qos: 1 })
  return messages
}
