import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Api, type RunningServer, startServer } from '@ajar/local'
import { freePort } from '../setup/free-port.ts'
import type { PublishOrder, PublishReport } from './publishers.ts'

/** What the benchmarks are measured with and against. */

export interface BenchServer extends RunningServer {
  api: Api
  close(): Promise<void>
}

/** The real server on free ports with a data folder of its own. */
export async function startBenchServer(environment: Record<string, string> = {}): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-bench-'))
  const server = await startServer({
    environment: {
      AJAR_DATA_DIR: folder,
      AJAR_HTTP_PORT: '0',
      AJAR_MQTT_PORT: '0',
      AJAR_LOG_LEVEL: 'error',
      AJAR_MAX_PENDING_AGE: 'infinite',
      ...environment,
    },
    onLine: console.error,
  })
  return {
    ...server,
    api: new Api(server, server.adminToken ?? ''),
    async close() {
      server.process.kill('SIGKILL')
      await server.process.ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Debian's Mosquitto, without persistence, on a free port. */
export async function startMosquitto(): Promise<{ url: string; pid: number; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-mosquitto-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  // As our broker does: with Nagle's algorithm a small packet waits for the answer to the one before.
  const options = ['allow_anonymous true', 'persistence false', 'user root', 'set_tcp_nodelay true']
  await writeFile(config, [`listener ${port} 127.0.0.1`, ...options, ''].join('\n'))
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore' })
  await new Promise((resolve, reject) => {
    child.once('error', () => reject(new Error('mosquitto is not installed: apt-get install mosquitto')))
    child.once('spawn', resolve)
  })
  await untilListening(port)
  return {
    url: `mqtt://127.0.0.1:${port}`,
    pid: child.pid ?? -1,
    async close() {
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function publish(order: PublishOrder): Promise<PublishReport> {
  const child = fork(new URL('./publishers.ts', import.meta.url), { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    child.once('message', (report) => resolve(report as PublishReport))
    child.once('exit', (code) => reject(new Error(`the publishers ended with ${code}`)))
    child.send(order)
  })
}

/** Until every frame has a result. */
export async function drained(api: Api): Promise<void> {
  while ((await metric(api, 'ajar_frames_pending')) > 0) await new Promise((wait) => setTimeout(wait, 200))
}

/** What is published where delays are compared: below what is durable at most, so that a delay is not that of a queue. */
export const STEADY = {
  cameras: ['cam'],
  frame: { bytes: 100_000, width: 640, height: 360 },
  window: 8,
  rate: 100,
} as const satisfies Partial<PublishOrder>

/** Lines of the median delays of both, as rounds of sorted milliseconds. @param what the second one has */
export function compareDelays([without, during]: [number[][], number[][]], what: string): string[] {
  return [0.5, 0.99, 1].map((share) => {
    const at = (rounds: number[][]) => median(rounds.map((sorted) => percentile(sorted, share)))
    const name = share === 1 ? 'most' : `p${share * 100}`
    const ratio = (at(during) / at(without)).toFixed(2)
    return `PUBACK ${name}: ${at(without).toFixed(1)} ms, ${what} ${at(during).toFixed(1)} ms, ratio ${ratio}`
  })
}

/** Adds `count` devices. @returns their credentials */
/** @param prefix of their names */
export async function addDevices(
  api: Api,
  count: number,
  prefix = 'pi',
): Promise<{ username: string; password: string }[]> {
  const clients = []
  for (let i = 1; i <= count; i++) {
    const { name, token } = await api.send<{ name: string; token: string }>('POST', '/api/devices', {
      name: `${prefix}-${i}`,
    })
    clients.push({ username: name, password: token })
  }
  return clients
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** @param sorted rising @param share 0..1 */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** One value of /metrics, summed over its labels. */
export async function metric(api: Api, name: string): Promise<number> {
  const text = await api.get<string>('/metrics')
  return [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  )
}

/** Memory that a process has in use. */
export async function residentMb(pid: number): Promise<number> {
  const [, pages = '0'] = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')
  return (Number(pages) * 4096) / 1e6
}

async function untilListening(port: number) {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1')
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('mosquitto did not begin to listen within 10 s')
}

async function ended(child: ChildProcess) {
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
}
