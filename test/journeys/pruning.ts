import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { type Kept, readKept } from './kept.ts'
import { heavy, sha256, withComment } from './pictures.ts'
import type { SmallDisk } from './small-disk.ts'
import { ADMIN_TOKEN, System, until } from './system.ts'

/** More frames than a small disk holds are published as fast as they are acknowledged. What became of them? */

export interface PruningOptions {
  /** What frames may take of it. */
  shareBytes: number
  /** What of the frames has to be left, at the least. */
  leastBytes: number
  /** What is published. */
  totalBytes: number
  onStep?(text: string): void
}

export interface PruningReport {
  acknowledged: number
  /** Frames whose bytes are still there. */
  stored: number
  seconds: number
  /** What all frames files took together: at most, and at the end. */
  mostBytes: number
  lastBytes: number
  /** How often they took less than at the look before. */
  shrank: number
  leastFreeBytes: number
  /** Milliseconds from publish to PUBACK of the slowest frame. */
  slowestMs: number
  broken: string[]
}

const FRAME_BYTES = 100_000
const WINDOW = 8
const LOOK_MS = 100
const LABELLED = 5
const DEVICE = 'door1'

interface Sent {
  id: string
  sha256: string
}

/** @param disk its own, and empty */
export async function prune(
  disk: SmallDisk,
  { shareBytes, leastBytes, totalBytes, onStep }: PruningOptions,
): Promise<PruningReport> {
  const dataDir = join(disk.folder, 'data')
  const system = await System.start({ AJAR_DATA_DIR: dataDir, AJAR_RETAIN_BYTES: String(shareBytes) })
  try {
    const watch = new DiskWatch(dataDir)
    const started = performance.now()
    const client = await system.connect(DEVICE, await system.addDevice(DEVICE))
    const { acknowledged, slowestMs } = await publishAll(client, totalBytes, async (count, first) => {
      if (count === LABELLED) await label(system, first)
      if (count % 1000 === 0) onStep?.(`${count} frames, files ${mb(watch.look().bytes)} MB`)
    })
    const seconds = (performance.now() - started) / 1000
    await until(async () => (await system.metric('ajar_frames_pending')) === 0)
    await until(async () => (await storage(system)).bytes <= shareBytes)
    watch.close()
    const { bytes: lastBytes } = watch.look()
    await system.stopServer()
    const kept = readKept(dataDir)
    const broken = judge(acknowledged, kept, leastBytes)
    const { mostBytes, leastFreeBytes, shrank } = watch
    const stored = kept.frames.length
    const report = { acknowledged: acknowledged.length, stored, seconds, mostBytes, lastBytes, shrank }
    return { ...report, leastFreeBytes, slowestMs, broken }
  } finally {
    await system.close()
  }
}

/** @param onAcknowledged told how many there are by now, and the first of them */
async function publishAll(
  client: MqttClient,
  totalBytes: number,
  onAcknowledged: (count: number, first: Sent[]) => Promise<void>,
): Promise<{ acknowledged: Sent[]; slowestMs: number }> {
  const picture = await heavy(FRAME_BYTES)
  const acknowledged: Sent[] = []
  let slowestMs = 0
  let time = Date.now() - 10_000_000
  let left = Math.ceil(totalBytes / picture.length)
  const publish = async () => {
    while (left-- > 0) {
      time += 1
      const jpeg = withComment(picture, `frame ${time}`)
      const sent = { id: `${DEVICE}/cam/${time}`, sha256: sha256(jpeg) }
      const startedAt = performance.now()
      await client.publishAsync(`ajar/${DEVICE}/cam/frame/${time}`, jpeg, { qos: 1 })
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
      acknowledged.push(sent)
      await onAcknowledged(acknowledged.length, acknowledged.slice(0, LABELLED))
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, publish))
  return { acknowledged, slowestMs }
}

async function label({ api }: System, frames: Sent[]) {
  await api.send('PATCH', `/api/cameras/${DEVICE}/cam`, { states: ['open', 'closed'] })
  await api.send('POST', '/api/labels', { labels: frames.map(({ id }) => ({ frame: id, state: 'open' })) })
}

async function storage({ server }: System): Promise<{ bytes: number }> {
  const answer = await fetch(`${server.http}/api/storage`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  return (await answer.json()) as { bytes: number }
}

/** @param acknowledged in the order of their PUBACKs */
function judge(acknowledged: Sent[], kept: Kept, leastBytes: number): string[] {
  const broken: string[] = []
  const demand = (holds: boolean, text: string) => holds || broken.push(text)
  const stored = new Map(kept.frames.map(({ id, sha256: digest }) => [id, digest]))
  const ended = new Map(kept.ended.map(({ id, outcome }) => [id, outcome]))
  demand(stored.size === kept.frames.length, `${kept.frames.length - stored.size} frames are stored twice`)
  for (const { id } of acknowledged.slice(0, LABELLED)) demand(stored.has(id), `${id} was labelled and is gone`)
  // Only the oldest go: behind the first that stayed nothing is missing, but for those acknowledged at the same time.
  const others = acknowledged.slice(LABELLED)
  const first = others.findIndex(({ id }) => stored.has(id))
  for (const { id, sha256: digest } of others.slice(first + 2 * WINDOW))
    demand(stored.get(id) === digest, `${id} was acknowledged after one that is stored, and is gone`)
  const leftBytes = stored.size * FRAME_BYTES
  demand(leftBytes >= leastBytes, `only ${mb(leftBytes)} MB of frames are left, though there is room for more`)
  for (const { id } of acknowledged) demand(ended.has(id), `${id} ended as nothing`)
  for (const id of kept.pending) broken.push(`${id} is still pending`)
  return broken
}

/** Looks at the frames files and the disk again and again. */
class DiskWatch {
  readonly #dataDir: string
  readonly #timer = setInterval(() => this.look(), LOOK_MS)
  #lastBytes = 0
  mostBytes = 0
  leastFreeBytes = Number.POSITIVE_INFINITY
  shrank = 0

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  look(): { bytes: number } {
    const folder = join(this.#dataDir, 'frames')
    let bytes = 0
    for (const name of readdirSync(folder)) bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
    const { bavail, bsize } = statfsSync(this.#dataDir)
    if (bytes < this.#lastBytes) this.shrank += 1
    this.#lastBytes = bytes
    this.mostBytes = Math.max(this.mostBytes, bytes)
    this.leastFreeBytes = Math.min(this.leastFreeBytes, bavail * bsize)
    return { bytes }
  }

  close() {
    clearInterval(this.#timer)
  }
}

function mb(bytes: number): number {
  return Math.round(bytes / 1e6)
}
