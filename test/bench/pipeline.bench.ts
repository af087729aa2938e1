import { fork } from 'node:child_process'
import { once } from 'node:events'
import { renderDoor } from '@ajar/edge-agent'
import { type Api, teach } from '@ajar/local'
import mqtt from 'mqtt'
import type { LoopOrder, LoopReport } from './embed-loop.ts'
import { addDevices, type BenchServer, median, metric, percentile, publish, startBenchServer } from './peers.ts'
import { makeFrame, padded } from './publishers.ts'

const CAMERAS = 4
const ROUNDS = 3
const SECONDS = 8
const FRAME = { bytes: 170_000, width: 1280, height: 720 }
const DEVICE = 'pi-1'

/**
 * Frames/s from publish to recorded result, against the same machine only decoding and embedding in a loop; then the
 * time from publish to the retained state at half of that load.
 */
export default async function pipeline() {
  const server = await startBenchServer()
  try {
    const clients = await addDevices(server.api, 1)
    const { engine, backbone } = await teachAll(server.api)
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await throughput(server, clients))
      theirs.push(await loop(backbone))
    }
    console.log(
      `1280x720, 170 kB, ${CAMERAS} cameras, ${engine}, ${backbone}, ${ROUNDS} x ${SECONDS} s each, alternating`,
    )
    console.log(`ajar, publish to recorded result  ${median(ours).toFixed(1)} frames/s`)
    console.log(`decode and embed in a loop        ${median(theirs).toFixed(1)} frames/s`)
    console.log(`ratio                             ${(median(ours) / median(theirs)).toFixed(2)} (aim 0.8)`)
    const half = median(ours) / 2
    const latencies = await stateLatencies(server, clients[0]?.password ?? '', half)
    console.log(
      `publish to retained state at ${half.toFixed(0)} frames/s: p50 ${percentile(latencies, 0.5).toFixed(0)} ms, ` +
        `p99 ${percentile(latencies, 0.99).toFixed(0)} ms (${latencies.length} states)`,
    )
  } finally {
    await server.close()
  }
}

const cameras = Array.from({ length: CAMERAS }, (_, i) => `cam-${i + 1}`)

async function teachAll(api: Api): Promise<{ engine: string; backbone: string }> {
  let result: Record<string, unknown> | null = null
  for (const camera of cameras) {
    const job = await teach(api, {
      camera: `${DEVICE}/${camera}`,
      states: ['closed', 'open'],
      count: 12,
      pictures: (async function* () {
        for (let i = 0; i < 12; i++) {
          const state = i % 2 === 0 ? ('open' as const) : ('closed' as const)
          const atMs = Date.now() - 600_000 + i * 50_000
          yield { state, capturedAtMs: atMs, jpeg: await renderDoor({ seed: 1, state, atMs }) }
        }
      })(),
      onProgress: () => {},
    })
    result = job.result
  }
  return result as { engine: string; backbone: string }
}

/** Publishes as fast as it is acknowledged, and counts until every frame has its result. */
async function throughput(server: BenchServer, clients: { username: string; password: string }[]): Promise<number> {
  const before = await metric(server.api, 'ajar_frames_recorded_total')
  const started = performance.now()
  const order = { url: server.mqtt, clients, cameras, frame: FRAME, window: 8, seconds: SECONDS, rate: null }
  const { acknowledged } = await publish({
    ...order,
    mostWaiting: { http: server.http, token: server.adminToken ?? '', frames: 64 },
  })
  while ((await metric(server.api, 'ajar_frames_recorded_total')) - before < acknowledged)
    await new Promise((wait) => setTimeout(wait, 100))
  return acknowledged / ((performance.now() - started) / 1000)
}

async function loop(backbone: string): Promise<number> {
  const child = fork(new URL('./embed-loop.ts', import.meta.url), { serialization: 'advanced' })
  child.send({ jpeg: await makeFrame(FRAME), seconds: SECONDS, backbone } satisfies LoopOrder)
  const [report] = (await once(child, 'message')) as [LoopReport]
  await once(child, 'exit')
  return report.framesPerSecond
}

/** Milliseconds from a frame's publish to the retained state that names it, sorted. */
async function stateLatencies(server: BenchServer, token: string, rate: number): Promise<number[]> {
  const watcher = await mqtt.connectAsync(server.mqtt, { username: 'token', password: server.adminToken ?? '' })
  const publisher = await mqtt.connectAsync(server.mqtt, { clientId: DEVICE, username: DEVICE, password: token })
  await watcher.subscribeAsync(`ajar/${DEVICE}/+/state`, { qos: 1 })
  const sent = new Map<string, number>()
  const latencies: number[] = []
  watcher.on('message', (_topic, payload) => {
    const { frame } = JSON.parse(payload.toString()) as { frame: string | null }
    const at = frame === null ? undefined : sent.get(frame)
    if (at !== undefined) latencies.push(performance.now() - at)
  })
  const { width, height, bytes } = FRAME
  const jpeg = padded(await renderDoor({ seed: 1, state: 'open', atMs: Date.now(), width, height }), bytes)
  const count = Math.floor(rate * SECONDS)
  const started = performance.now()
  for (let i = 0; i < count; i++) {
    const wait = started + (i * 1000) / rate - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const frame = `${DEVICE}/${cameras[i % CAMERAS]}/${Date.now() + i}`
    sent.set(frame, performance.now())
    publisher.publish(`ajar/${frame.replace(/\/(\d+)$/, '/frame/$1')}`, jpeg, { qos: 1 })
  }
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await Promise.all([watcher.endAsync(), publisher.endAsync()])
  return latencies.sort((a, b) => a - b)
}
