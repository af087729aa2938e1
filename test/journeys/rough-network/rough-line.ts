import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'
import { randomFrom } from '../chance.ts'
import { readKept, readPending } from '../kept.ts'
import { teachDoor } from '../lesson.ts'
import { door, sha256, withComment } from '../pictures.ts'
import { System, until, watch } from '../system.ts'
import { RoughNetwork } from './rough-network.ts'

/**
 * An agent takes pictures of a door at the far end of a line that loses a third of all packets, takes half a second there
 * and back, and is cut again and again in the midst of a frame. What became of the frames?
 */

export interface RoughLineOptions {
  frames: number
  /** How often the line is cut while the agent sends. */
  cuts: number
  /** A cut is mended after at most so long. */
  longestCutMs: number
  /** Share of the packets that is lost, in each direction. */
  loss: number
  /** In each direction. */
  delayMs: number
  /** After the last cut the line stays bad for at most so long; then it is a good one, so that the story has an end. */
  patienceMs: number
  /** Decides which packets are lost, and when and how the line is cut. */
  seed: number
  onStep?(text: string): void
}

export interface RoughLineReport {
  frames: number
  /** Frames that the server had while the line was still bad. */
  storedOverBadLine: number
  /** Frames that came a second time, because their PUBACK did not get through. */
  cameAgain: number
  cuts: Record<Cut, number>
  seconds: number
  /** Every promise that was broken, in words. */
  broken: string[]
}

/** What cuts a line, and what the two ends learn of it. */
const CUTS = {
  /** The server's side of the connection is closed, and the agent learns it when it sends on. */
  closed: async (_system: System, network: RoughNetwork) => {
    network.closeServerSide()
    await network.setLine({ cut: false })
  },
  /** The server is killed and starts again. */
  killed: async (system: System, network: RoughNetwork) => {
    await system.killServer()
    await network.setLine({ cut: false })
    await system.startServer()
  },
  /** The agent's interface goes down and comes up again, as Wi-Fi does. */
  link: async (_system: System, network: RoughNetwork, ms: number) => {
    network.setLink('down')
    await sleep(ms)
    network.setLink('up')
    await network.setLine({ cut: false })
  },
  /** Nothing gets through for a while, and nobody is told. */
  silence: async (_system: System, network: RoughNetwork, ms: number) => {
    await sleep(ms)
    await network.setLine({ cut: false })
  },
}
type Cut = keyof typeof CUTS
const KINDS = Object.keys(CUTS) as Cut[]

const DEVICE = 'pi'
const CAMERA = `${DEVICE}/cam`
/** A cut comes within so many bytes: in the midst of one of the next frames. */
const CUT_WITHIN_BYTES = 4000
const DRAIN_MS = 120_000

export async function roughLine(options: RoughLineOptions): Promise<RoughLineReport> {
  const { frames, cuts, longestCutMs, loss, delayMs, patienceMs, seed } = options
  const random = randomFrom(seed)
  const started = performance.now()
  const secondsSince = () => Math.round((performance.now() - started) / 1000)
  const onStep = (text: string) => options.onStep?.(`${secondsSince()} s: ${text}`)
  const network = await RoughNetwork.open(seed)
  const environment = { AJAR_HTTP_HOST: network.address, AJAR_MQTT_HOST: network.address, AJAR_MQTT_PORT: '1883' }
  const system = await System.start(environment, network.far).catch(async (error) => {
    await network.close()
    throw error
  })
  try {
    await teachDoor(system, CAMERA)
    const lesson = new Set(readKept(system.dataDir).frames.map(({ id }) => id))
    const pictures = await takenPictures(frames)
    await network.setLine({ loss, delayMs })
    const agent = await startAgent(system, network, pictures, onStep)
    const stored = () => readKept(system.dataDir).frames.length - lesson.size

    const made: Record<Cut, number> = { silence: 0, link: 0, closed: 0, killed: 0 }
    for (let i = 0; i < cuts; i++) {
      const kind = KINDS[i % KINDS.length] as Cut
      const before = network.cuts
      const had = stored()
      await until(() => stored() > had || agent.drained, DRAIN_MS)
      if (agent.drained) break
      await network.cutAfter(1 + Math.floor(random() * CUT_WITHIN_BYTES))
      await until(() => network.cuts > before || agent.drained, DRAIN_MS)
      if (network.cuts === before) break
      onStep(`cut ${i + 1}: ${kind}, ${stored()} of ${frames} frames are there`)
      await CUTS[kind](system, network, random() * longestCutMs)
      made[kind]++
      onStep('the line is there again')
    }
    const end = performance.now() + patienceMs
    await until(() => agent.drained || performance.now() > end, patienceMs + DRAIN_MS)
    const storedOverBadLine = stored()
    onStep(`${storedOverBadLine} of ${frames} frames came over the bad line`)
    await network.setLine({ loss: 0, delayMs: 0 })
    await until(() => agent.drained, DRAIN_MS)
    await until(() => readPending(system.dataDir).length === 0, DRAIN_MS)
    const broken = [...agent.broken, ...(await judgeState(system))]
    const cameAgain = await system.metric('ajar_frames_ingested_total{outcome="duplicate"}')
    await system.stopServer()
    broken.push(...judgeFrames(system.dataDir, lesson, pictures))
    return { frames, storedOverBadLine, cameAgain, cuts: made, seconds: secondsSince(), broken }
  } finally {
    await system.close()
    await network.close()
  }
}

/** The door is shut, and open at the end. No two pictures have the same bytes. */
async function takenPictures(count: number): Promise<Buffer[]> {
  const [shut, open] = [await small(await door('closed')), await small(await door('open'))]
  return Array.from({ length: count }, (_, i) => withComment(i < count / 2 ? shut : open, `picture ${i}`))
}

/** A line that loses so much carries about 2 kB/s. */
function small(jpeg: Buffer): Promise<Buffer> {
  return sharp(jpeg).resize(160).jpeg({ quality: 60 }).toBuffer()
}

async function startAgent(system: System, network: RoughNetwork, pictures: Buffer[], onLine: (line: string) => void) {
  const path = join(system.folder, 'pictures')
  await mkdir(path)
  for (const [i, jpeg] of pictures.entries()) await writeFile(join(path, `${String(i).padStart(6, '0')}.jpg`), jpeg)
  const config = join(system.folder, 'agent.json')
  const cameras = [{ name: 'cam', driver: 'folder', path, speed: 'max' }]
  const token = await system.addDevice(DEVICE)
  const dataDir = join(system.folder, 'agent')
  await writeFile(config, JSON.stringify({ device: DEVICE, token, server: system.server.mqtt, dataDir, cameras }))
  const agent = { drained: false, broken: [] as string[] }
  system.startAgent(
    config,
    ({ agent: said }) => {
      const { state, dropped } = said as { state: string; dropped?: number }
      if (state !== 'drained') return
      agent.drained = true
      if (dropped !== 0) agent.broken.push(`the agent dropped ${dropped} frames`)
    },
    { under: network.near, onLine },
  )
  return agent
}

/**
 * What is retained for whoever asks now has to be what the last picture shows. Where it came longer ago than a state lasts, since
 * older ones took their time, the state is unknown again, and it is the last transition that knows.
 */
async function judgeState(system: System): Promise<string[]> {
  const retained = await watch<{ state: string; reason?: string }>(
    await system.connectOperator(),
    `ajar/${CAMERA}/state`,
  )
  const { payload } = await until(() => retained[0])
  if (payload.state === 'open') return []
  const { items } = await system.api.get<{ items: { to: string }[] }>(`/api/cameras/${CAMERA}/transitions?limit=1000`)
  const last = items.findLast(({ to }) => to !== 'unknown')?.to
  if (payload.reason === 'stale' && last === 'open') return []
  return [`the state at the end is ${payload.state}, before that ${last}, and the door stands open`]
}

/** Every picture is there once, with the bytes it was taken with, in the order in which they were taken. */
function judgeFrames(dataDir: string, lesson: Set<string>, pictures: Buffer[]): string[] {
  const kept = readKept(dataDir)
  const came = kept.frames.filter(({ id }) => !lesson.has(id))
  const names = new Map(pictures.map((jpeg, i) => [sha256(jpeg), i]))
  const inOrder = [...came].sort((a, b) => timeOf(a.id) - timeOf(b.id)).map(({ sha256 }) => names.get(sha256) ?? -1)
  const times = new Map<number, number>()
  for (const picture of inOrder) times.set(picture, (times.get(picture) ?? 0) + 1)
  const broken: string[] = []
  for (const i of pictures.keys()) {
    if (times.get(i) !== 1) broken.push(`picture ${i} is there ${times.get(i) ?? 0} times`)
  }
  if (times.has(-1)) broken.push(`${times.get(-1)} frames hold other bytes than any picture`)
  if (inOrder.some((picture, i) => picture < (inOrder[i - 1] ?? 0)))
    broken.push('the order is not that of the pictures')
  const outcomes = new Map(kept.ended.map(({ id, outcome }) => [id, outcome]))
  for (const { id } of came) {
    if (outcomes.get(id) !== 'classified') broken.push(`${id} ended as ${outcomes.get(id) ?? 'nothing'}`)
  }
  for (const id of kept.pending) broken.push(`${id} is still pending`)
  return broken
}

function timeOf(id: string): number {
  return Number(id.split('/')[2])
}
