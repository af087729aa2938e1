import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Kept } from '../journeys/kept.ts'
import { framesOf, PersistentClient } from '../journeys/persistent-client.ts'
import { door } from '../journeys/pictures.ts'
import { until } from '../journeys/system.ts'
import { judge, type Verdict } from '../journeys/verdict.ts'
import { Wire } from '../journeys/wire.ts'
import { DATA_FOLDER, HTTP_PORT, type InstalledServer, UNIT } from './installed-server.ts'
import { CHECKOUT_INSIDE } from './machine.ts'
import type { Asked, PollerWord } from './poller.ts'
import { monotonic, recovered } from './recovery.ts'

/** A publisher and a poller are at work while the server is killed behind its sockets. What became of frames and requests? */

export interface KillingReport extends Verdict {
  kills: number
  requests: number
  /** Nobody listened. */
  refused: number
  /** The killed server was about to answer. */
  cut: number
  /** Requests that ended without an answer though no server was killed meanwhile. */
  unexplained: number
  /** The longest that a request waited for its answer, in milliseconds. */
  longestMs: number
}

const POLLER = fileURLToPath(new URL('./poller.ts', import.meta.url))
const PER_SECOND = 50
/** One that is cut off in each kill is then what issue 4 allows: 1 of 500. */
const REQUESTS_BETWEEN_KILLS = 500
const DRAIN_MS = 120_000
const CLIENT = { device: 'client', camera: 'cam' }

export async function killing(server: InstalledServer, kills: number): Promise<KillingReport> {
  const wire = new Wire()
  await wire.start(server.mqttPort)
  const { token } = await server.api.send<{ token: string }>('POST', '/api/devices', { name: CLIENT.device })
  const publisher = new PersistentClient({
    ...{ device: CLIENT.device, port: wire.port, token, next: framesOf(CLIENT, await door('open')) },
  })
  const poller = new Poller(server)
  try {
    publisher.start()
    const killedAt: { from: number; to: number }[] = []
    for (let i = 0; i < kills; i++) {
      await poller.requests(REQUESTS_BETWEEN_KILLS)
      await server.forgive()
      const pid = await server.pid()
      const from = monotonic()
      process.kill(pid, 'SIGKILL')
      killedAt.push({ from, to: monotonic() })
      await recovered(server, from)
    }
    await poller.requests(PER_SECOND)
    const asked = await poller.finish()
    await publisher.finish()
    await until(async () => (await read<string[]>(server, 'pending')).length === 0, DRAIN_MS)
    await server.machine.shell(`systemctl stop ajar-http.socket ajar-mqtt.socket ${UNIT}`)
    return { kills, ...counts(asked, killedAt), ...judge(wire, await read<Kept>(server, 'all')) }
  } finally {
    await poller.close()
    await wire.close()
  }
}

async function read<T>({ machine }: InstalledServer, what: 'pending' | 'all'): Promise<T> {
  const [node, script] = ['node_modules/.bin/node', 'test/systemd/tell-kept.ts']
  return JSON.parse(await machine.shell(`cd ${CHECKOUT_INSIDE}; ${node} ${script} ${what} ${DATA_FOLDER}`))
}

function counts(asked: Asked[], killedAt: { from: number; to: number }[]) {
  const cut = asked.filter(({ end }) => end === 'cut')
  const during = ({ sentAt, endedAt }: Asked) => killedAt.some(({ from, to }) => sentAt <= to && endedAt >= from)
  return {
    requests: asked.length,
    refused: asked.filter(({ end }) => end === 'refused').length,
    cut: cut.length,
    unexplained: cut.filter((one) => !during(one)).length,
    longestMs: Math.max(...asked.map(({ sentAt, endedAt }) => endedAt - sentAt)),
  }
}

/** poller.ts in the machine's network. */
class Poller {
  readonly #process
  #asked = 0
  #all: Asked[] | null = null

  constructor(server: InstalledServer) {
    this.#process = server.machine.fork(POLLER, [String(HTTP_PORT), String(PER_SECOND)])
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
