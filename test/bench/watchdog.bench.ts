import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Started } from '../journeys/started.ts'
import { until } from '../journeys/system.ts'

const ROUNDS = 5
const CRASHES = 6

/** Faults from outside, at a signal: loaded into the server before its own code. */
const FAULTS = `
  process.on('SIGUSR2', () => { throw new Error('nothing caught') })
  process.on('SIGWINCH', () => { for (;;) {} })`
const PRELOAD = `--import=data:text/javascript,${encodeURIComponent(FAULTS)}`

const CASES: { fault: string; signal: NodeJS.Signals; aimMs: number }[] = [
  { fault: 'kill -9', signal: 'SIGKILL', aimMs: 1000 },
  { fault: 'uncaught exception', signal: 'SIGUSR2', aimMs: 1000 },
  { fault: 'SIGSTOP', signal: 'SIGSTOP', aimMs: 3000 },
  { fault: 'event loop hang', signal: 'SIGWINCH', aimMs: 3000 },
]

/** From a fault of the server under the watchdog of `npm start` until it listens again, and until its health says that it is ready. */
export default async function watchdog() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-watchdog-bench-'))
  const system = new Started(join(folder, 'data'), { NODE_OPTIONS: PRELOAD })
  try {
    await system.running('server')
    await system.running('worker')
    const rows = []
    for (const { fault, signal, aimMs } of CASES) {
      const rounds = []
      for (let i = 0; i < ROUNDS; i++) rounds.push(await recover(system, signal))
      const listens = rounds.map((round) => round.listens)
      rows.push({
        fault,
        'listens after ms': median(listens),
        'at best': Math.min(...listens),
        'ready after ms': median(rounds.map((round) => round.ready)),
        'aim ms': aimMs,
      })
    }
    const [load = 0] = loadavg()
    console.log(
      `the server under the watchdog, medians of ${ROUNDS}; load ${load.toFixed(1)} on ${availableParallelism()} cores`,
    )
    console.table(rows)
    console.log(`killed as soon as it is there: failed after ${await crashLoop(system, join(folder, 'data'))} ms`)
  } finally {
    await system.process.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function recover(system: Started, signal: NodeJS.Signals) {
  // What went before is forgotten where somebody asks for a new start: each fault is a first one.
  await system.api.send('POST', '/api/processes/server/restart')
  const starts = system.listening.length
  await until(() => system.listening.length > starts)
  await untilReady(system)
  const { pid } = await system.when('server', ({ state }) => state === 'running')
  const listened = system.listening.length
  const started = performance.now()
  process.kill(pid ?? 0, signal)
  await until(() => system.listening.length > listened)
  const listens = Math.round(performance.now() - started)
  await untilReady(system)
  return { listens, ready: Math.round(performance.now() - started) }
}

async function untilReady(system: Started) {
  await until(() => system.api.get('/api/health/ready').catch(() => null))
}

/** @returns milliseconds from the first crash until the watchdog gives it a rest */
async function crashLoop(system: Started, dataDir: string): Promise<number> {
  await system.api.send('POST', '/api/processes/server/restart')
  const asked = system.listening.length
  await until(() => system.listening.length > asked)
  const started = performance.now()
  let last = ''
  for (let i = 0; i < CRASHES; i++) {
    last = await until(async () => {
      const pid = (await readFile(join(dataDir, 'run', 'server.pid'), 'utf8').catch(() => '')).split('\n')[0]
      return pid && pid !== last ? pid : null
    })
    process.kill(Number(last), 'SIGKILL')
  }
  await until(() => system.lines.some((line) => line.includes('that was too often')))
  return Math.round(performance.now() - started)
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
