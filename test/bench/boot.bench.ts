import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { addDevices, median, metric, publish, startBenchServer } from './peers.ts'
import { processorSeconds } from './processor-time.ts'

const ROUNDS = 7
const FRAMES = 10_000
const PUBLISHERS = 10

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
/** Compiled code is kept here, see deploy/bundle/src/current.ts. */
const COMPILED = at('deploy/bundle/node_modules/.compiled')
const FASTIFY = createRequire(at('server/package.json')).resolve('fastify')
const BARE = `const http = require(${JSON.stringify(FASTIFY)})()
http.listen({ port: 0 }).then(() => console.log('{"listening":{}}'))`

interface Start {
  name: string
  /** Arguments of Node. */
  run: string[]
  dataDir: string
  before?(): Promise<void>
}

/** From the spawn of a server to its line that it listens, against the least that a server of this kind can do. */
export default async function boot() {
  const fresh = await mkdtemp(join(tmpdir(), 'ajar-boot-'))
  const full = await mkdtemp(join(tmpdir(), 'ajar-boot-'))
  try {
    await ended(spawn(process.execPath, [at('deploy/bundle/build.ts')], { stdio: 'inherit' }))
    await fill(full)
    const main = at('server/src/main.ts')
    const starts: Start[] = [
      { name: 'peer: fastify without a route', run: ['-e', BARE], dataDir: fresh },
      { name: 'from the sources', run: [at('server/src/server-process.ts')], dataDir: fresh },
      {
        name: 'from the bundle, nothing compiled',
        run: [main],
        dataDir: fresh,
        before: () => rm(COMPILED, { recursive: true, force: true }),
      },
      { name: 'from the bundle', run: [main], dataDir: fresh },
      { name: `from the bundle, after kill -9, ${FRAMES} frames`, run: [main], dataDir: full },
    ]
    const taken = starts.map(() => ({ wall: [] as number[], processor: [] as number[] }))
    // The first round is not counted: it makes the data folder, and warms what the disk holds.
    for (let round = -1; round < ROUNDS; round++)
      for (const [i, start] of starts.entries()) {
        const { wall, processor } = await toListening(start)
        if (round < 0) continue
        taken[i]?.wall.push(wall)
        taken[i]?.processor.push(processor)
      }
    console.log(`spawn to listening, medians of ${ROUNDS}, alternating; each ended by SIGKILL`)
    const [peer = { wall: 0, processor: 0 }] = taken.map(medians)
    for (const [i, { wall, processor }] of taken.map(medians).entries())
      console.log(
        `${starts[i]?.name}: ${wall.toFixed(0)} ms (ratio ${(wall / peer.wall).toFixed(1)}), ` +
          `${processor.toFixed(0)} ms of processor time (ratio ${(processor / peer.processor).toFixed(1)})`,
      )
  } finally {
    for (const folder of [fresh, full]) await rm(folder, { recursive: true, force: true })
  }
}

function medians({ wall, processor }: { wall: number[]; processor: number[] }) {
  return { wall: median(wall), processor: median(processor) }
}

async function toListening({ run, dataDir, before }: Start): Promise<{ wall: number; processor: number }> {
  await before?.()
  const startedAt = performance.now()
  const child = spawn(process.execPath, run, {
    env: {
      ...process.env,
      ...{ AJAR_DATA_DIR: dataDir, AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0', AJAR_LOG_LEVEL: 'error' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith('{"listening"'))
        return { wall: performance.now() - startedAt, processor: processorSeconds(child.pid ?? 0) * 1000 }
    throw new Error('the server ended before it listened: what is above says why')
  } finally {
    child.kill('SIGKILL')
    await ended(child)
  }
}

async function ended(child: ChildProcess) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** An archive as a server leaves it that is killed. */
async function fill(dataDir: string) {
  const server = await startBenchServer({ AJAR_DATA_DIR: dataDir })
  try {
    const clients = await addDevices(server.api, PUBLISHERS)
    const order = { cameras: ['cam'], frame: { bytes: 5000, width: 64, height: 64 }, window: 8, seconds: 5 }
    while ((await metric(server.api, 'ajar_frames_ingested_total')) < FRAMES)
      await publish({ ...order, url: server.mqtt, clients, rate: FRAMES })
  } finally {
    await server.close()
  }
}
