import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { CrowdOrder } from './crowd.ts'
import { median, percentile, residentMb, startMosquitto } from './peers.ts'
import type { WatchOrder, WatchReport } from './watchers.ts'

/** The measurements of `subscribers.bench.ts`, in the network that it made. */

const ROUNDS = 2
const TOPIC = 'ajar/pi/meter/reading'
const IDLE = 2000
const order = { topic: TOPIC, watchers: 10, messagesPerSecond: 25, seconds: 3, payloadBytes: 1000 }
/** More than socket and broker keep for whoever does not read. */
const FILL_BYTES = 1.5 * 1024 * 1024
/** Sockets of the busiest process, and some. */
const FILES = 4096

const SCENES = {
  'nobody frozen': { frozen: 0, idle: 0 },
  '1 frozen subscriber': { frozen: 1, idle: 0 },
  '1,000 frozen subscribers': { frozen: 1000, idle: 0 },
  '2,000 connections': { frozen: 0, idle: IDLE },
}
type Scene = keyof typeof SCENES
const scenes = Object.keys(SCENES) as Scene[]

interface Peer {
  url: string
  pid: number
  close(): Promise<unknown> | unknown
}

interface Measured {
  p50: number
  p99: number
  missing: number
  /** What the crowd added to the broker's process. */
  crowdMb: number
}

const PEERS = { ajar: startBareBroker, mosquitto: startMosquitto }
type Name = keyof typeof PEERS
const names = Object.keys(PEERS) as Name[]

await checkFiles()
const found: Record<Name, Record<Scene, Measured[]>> = { ajar: emptyScenes(), mosquitto: emptyScenes() }
for (let round = 0; round < ROUNDS; round++) {
  for (const scene of scenes) for (const name of names) found[name][scene].push(await measure(PEERS[name], scene))
}
report()
process.exit(0)

/** A fresh broker, its crowd, and those who watch. */
async function measure(start: () => Promise<Peer>, scene: Scene): Promise<Measured> {
  const { frozen, idle } = SCENES[scene]
  const broker = await start()
  try {
    // Once without a crowd: what the first connections and messages cost is no connection's.
    await watch({ ...order, url: broker.url, fillBytes: frozen > 0 ? FILL_BYTES : 0, seconds: 1 })
    const before = await residentMb(broker.pid)
    const port = Number(new URL(broker.url).port)
    const filter = frozen > 0 ? TOPIC : 'ajar/pi-%/#'
    const crowd = frozen + idle > 0 ? await gather({ port, count: frozen + idle, filter, frozen: frozen > 0 }) : null
    const joined = await residentMb(broker.pid)
    const { delays, missing } = await watch({ ...order, url: broker.url, fillBytes: frozen > 0 ? FILL_BYTES : 0 })
    const crowdMb = Math.max(joined, await residentMb(broker.pid)) - before
    crowd?.kill('SIGKILL')
    return { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99), missing, crowdMb }
  } finally {
    await broker.close()
  }
}

async function startBareBroker(): Promise<Peer> {
  const child = fork(new URL('./bare-broker.ts', import.meta.url))
  const port = await answerOf<number>(child)
  return { url: `mqtt://127.0.0.1:${port}`, pid: child.pid ?? -1, close: () => child.kill('SIGKILL') }
}

async function gather(crowd: CrowdOrder): Promise<ChildProcess> {
  const child = fork(new URL('./crowd.ts', import.meta.url))
  child.send(crowd)
  await answerOf(child)
  return child
}

async function watch(watching: WatchOrder): Promise<WatchReport> {
  const child = fork(new URL('./watchers.ts', import.meta.url), { serialization: 'advanced' })
  child.send(watching)
  return answerOf(child)
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnfile} ended with ${code} and no answer`)
  })
  const [answer] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {}) // it ends later, as it should
  return answer
}

/** Node takes as many as the system allows; the system may allow too few. */
async function checkFiles() {
  const limits = await readFile('/proc/self/limits', 'utf8')
  const [, files = '0'] = /^Max open files +(\d+)/m.exec(limits) ?? []
  if (Number(files) < FILES) throw new Error(`${files} open files are allowed, ${FILES} are needed: ulimit -n ${FILES}`)
}

function emptyScenes(): Record<Scene, Measured[]> {
  return { 'nobody frozen': [], '1 frozen subscriber': [], '1,000 frozen subscribers': [], '2,000 connections': [] }
}

function report() {
  const { watchers, messagesPerSecond, payloadBytes } = order
  console.log(
    `${watchers} watchers, ${messagesPerSecond} messages/s of ${payloadBytes} bytes that the frozen want too, ${ROUNDS} rounds, alternating, medians`,
  )
  const of = (name: Name, scene: Scene, what: keyof Measured) => median(found[name][scene].map((one) => one[what]))
  for (const scene of scenes) {
    const line = names.map((name) => {
      const alone = of(name, scene, 'p99') / of(name, 'nobody frozen', 'p99')
      const [p50, p99] = [of(name, scene, 'p50').toFixed(2), of(name, scene, 'p99').toFixed(2)]
      const lost = of(name, scene, 'missing')
      return `${name} p50 ${p50} ms, p99 ${p99} ms (${alone.toFixed(1)} x nobody)${lost > 0 ? `, ${lost} LOST` : ''}`
    })
    const ratio = of('ajar', scene, 'p99') / of('mosquitto', scene, 'p99')
    console.log(`${scene.padEnd(25)} ${line.join('; ')}; ratio of p99 ${ratio.toFixed(1)}`)
  }
  const kb = (name: Name) => (of(name, '2,000 connections', 'crowdMb') * 1000) / IDLE
  console.log(
    `memory per connection     ajar ${kb('ajar').toFixed(1)} kB; mosquitto ${kb('mosquitto').toFixed(1)} kB; ratio ${(kb('ajar') / kb('mosquitto')).toFixed(1)}`,
  )
  const frozen = names.map((name) => `${name} ${of(name, '1,000 frozen subscribers', 'crowdMb').toFixed(0)} MB`)
  console.log(`memory of 1,000 frozen    ${frozen.join('; ')}`)
}
