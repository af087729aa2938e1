import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Kept } from '../journeys/kept.ts'
import { framesOf, PersistentClient } from '../journeys/persistent-client.ts'
import { door } from '../journeys/pictures.ts'
import { until } from '../journeys/system.ts'
import { judge, type Verdict } from '../journeys/verdict.ts'
import { Wire } from '../journeys/wire.ts'
import { DATA_FOLDER, HTTP_PORT, type InstalledServer } from './installed-server.ts'
import { CHECKOUT_INSIDE } from './machine.ts'
import type { Asked, PollerWord } from './poller.ts'

const POLLER = fileURLToPath(new URL('./poller.ts', import.meta.url))
const DRAIN_MS = 120_000
/** What ended is told to the disk a moment later. */
const SETTLE_MS = 10_000
const CLIENT = { device: 'client', camera: 'cam' }
const CAMERA = `${CLIENT.device}/${CLIENT.camera}/`

export interface TrafficOptions {
  /** What the poller asks for, and how often. */
  path: string
  perSecond: number
  /** Between two frames, in milliseconds. */
  pauseMs?: number
}

/**
 * A publisher of frames and a poller at work on an installed server, as often as they are begun. A witness on the wire knows
 * of every frame that was acknowledged since the first time.
 */
export class Traffic {
  readonly #server: InstalledServer
  readonly #options: TrafficOptions
  readonly #wire: Wire
  readonly #token: string
  readonly #picture: Buffer
  #publisher: PersistentClient | null = null
  #poller: Poller | null = null

  private constructor(
    server: InstalledServer,
    options: TrafficOptions,
    parts: { wire: Wire; token: string; picture: Buffer },
  ) {
    this.#server = server
    this.#options = options
    this.#wire = parts.wire
    this.#token = parts.token
    this.#picture = parts.picture
  }

  static async open(server: InstalledServer, options: TrafficOptions): Promise<Traffic> {
    const wire = new Wire()
    await wire.start(server.mqttPort)
    const { token } = await server.api.send<{ token: string }>('POST', '/api/devices', { name: CLIENT.device })
    return new Traffic(server, options, { wire, token, picture: await door('open') })
  }

  /** Requests. */
  get perSecond(): number {
    return this.#options.perSecond
  }

  begin(): void {
    this.#poller = new Poller(this.#server, this.#options)
    this.publish()
  }

  /** The publisher alone. */
  publish(): void {
    const { pauseMs } = this.#options
    const next = framesOf(CLIENT, this.#picture)
    this.#publisher = new PersistentClient({
      ...{ device: CLIENT.device, port: this.#wire.port, token: this.#token, next, pauseMs },
    })
    this.#publisher.start()
  }

  /** The server's port is another one since the machine was booted. */
  reach(): void {
    this.#wire.target = this.#server.mqttPort
  }

  /** Waits until so many more requests were answered, or failed. */
  async requests(count: number): Promise<void> {
    await this.#poller?.requests(count)
  }

  /** Nothing new is asked or sent. Resolves when all is acknowledged, and nothing waits in the server. @returns all requests since `begin` */
  async end(): Promise<Asked[]> {
    const asked = (await this.#poller?.finish()) ?? []
    this.#poller = null
    await this.#publisher?.finish()
    this.#publisher = null
    await until(async () => (await this.#read<string[]>('pending')).length === 0, DRAIN_MS)
    return asked
  }

  /** Whether every frame that was acknowledged since `open` lies there with one outcome. */
  async verdict(): Promise<Verdict> {
    const end = performance.now() + SETTLE_MS
    for (;;) {
      const verdict = judge(this.#wire, ofCamera(await this.#read<Kept>('all')))
      if (verdict.broken.length === 0 || performance.now() > end) return verdict
    }
  }

  async close(): Promise<void> {
    await this.#poller?.close()
    await this.#wire.close()
  }

  async #read<T>(what: 'pending' | 'all'): Promise<T> {
    const [node, script] = ['node_modules/.bin/node', 'test/systemd/tell-kept.ts']
    return JSON.parse(
      await this.#server.machine.shell(`cd ${CHECKOUT_INSIDE}; ${node} ${script} ${what} ${DATA_FOLDER}`),
    )
  }
}

/** Others may have sent frames past the wire. */
function ofCamera({ frames, pending, ended, results }: Kept): Kept {
  const isOurs = (id: string) => id.startsWith(CAMERA)
  return {
    frames: frames.filter(({ id }) => isOurs(id)),
    pending: pending.filter(isOurs),
    ended: ended.filter(({ id }) => isOurs(id)),
    results: results.filter(isOurs),
  }
}

/** poller.ts in the machine's network. */
class Poller {
  readonly #process
  #asked = 0
  #all: Asked[] | null = null

  constructor(server: InstalledServer, { path, perSecond }: TrafficOptions) {
    this.#process = server.machine.fork(POLLER, [String(HTTP_PORT), String(perSecond), path])
    this.#process.on('message', (word: PollerWord) => {
      if ('all' in word) this.#all = word.all
      else this.#asked = word.asked
    })
  }

  /** Waits until so many more were answered, or failed. */
  async requests(count: number): Promise<void> {
    const before = this.#asked
    await until(() => this.#asked >= before + count, DRAIN_MS)
  }

  async finish(): Promise<Asked[]> {
    this.#process.send('stop')
    return await until(() => this.#all, DRAIN_MS)
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}
