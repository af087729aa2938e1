import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Api } from './api.ts'
import { chooseLabelled, type Picture, readPictureFolder, stateName } from './picture-folder.ts'
import { type RunningServer, startAgent, startServer } from './processes.ts'
import { type Judged, type Score, score } from './score.ts'
import { type LabelledPicture, teach } from './teach.ts'

/** What a replay found; the JSON line of `npm run replay`. */
export interface ReplayReport extends Score {
  frames: number
  labelled: number
  engine: string
  backbone: string
  /** From the agent's start to the last recorded result. */
  framesPerSecond: number
  seconds: number
}

export interface ReplayOptions {
  folder: string
  /** Labelled frames of each state, at most. */
  labels: number
  environment?: Record<string, string>
  onProgress(phase: string, fraction: number): void
  signal: AbortSignal
}

interface Frame {
  capturedAt: string
  sha256: string
  outcome: string
  result: { best: string | null; confidence: number | null } | null
}

const DEVICE = 'replay'
const CAMERA = `${DEVICE}/camera`
const COMPUTING = new Set(['AJAR_ENGINE', 'AJAR_BACKBONE'])
const POLL_MS = 100
/** Larger pictures than any server takes by default are fine here. */
const MOST_FRAME_BYTES = 64 * 1024 * 1024
/** A replay in which nothing moves for so long has failed. */
const STALL_MS = 120_000

/** Sends a folder of pictures through a fresh system and scores what it says of them. */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const started = performance.now()
  const pictures = await readPictureFolder(options.folder)
  const { labelled, others } = chooseLabelled(pictures, options.labels)
  const folder = await mkdtemp(join(tmpdir(), 'ajar-replay-'))
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const server = await startServer({
      environment: {
        ...withoutSettings(process.env),
        AJAR_DATA_DIR: join(folder, 'data'),
        AJAR_HTTP_PORT: '0',
        AJAR_MQTT_PORT: '0',
        AJAR_MAX_PENDING_AGE: 'infinite',
        AJAR_MAX_FRAME_BYTES: String(MOST_FRAME_BYTES),
        AJAR_LOG_LEVEL: 'error',
        ...options.environment,
      },
      onLine: console.error,
    })
    undo.push(() => server.process.stop())
    const api = new Api(server, server.adminToken ?? '')
    const { engine, backbone } = await teachFrom(api, labelled, options)
    const sending = await sendByAgent(server, api, others, folder, options, undo)
    const judged = await judge(api, others, sending.startedAtMs)
    return {
      frames: pictures.length,
      labelled: labelled.length,
      ...score(judged),
      engine,
      backbone,
      framesPerSecond: round(others.length / sending.seconds),
      seconds: round((performance.now() - started) / 1000),
    }
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

/** Takes away every setting of the caller but what computes: a replay must not write where its caller's server writes. */
function withoutSettings(environment: NodeJS.ProcessEnv): Record<string, undefined> {
  const settings = Object.keys(environment).filter((name) => name.startsWith('AJAR_') && !COMPUTING.has(name))
  return Object.fromEntries(settings.map((name) => [name, undefined]))
}

async function teachFrom(api: Api, labelled: Picture[], { onProgress }: ReplayOptions) {
  // Evaluation splits by time, so the times in the names are used, but only where all pictures have one that can be.
  const timed = labelled.every(
    ({ capturedAtMs }) => capturedAtMs !== null && capturedAtMs > Date.UTC(2000, 0, 1) && capturedAtMs < Date.now(),
  )
  const job = await teach(api, {
    camera: CAMERA,
    states: [...new Set(labelled.map(({ state }) => stateName(state)))].sort(),
    pictures: (async function* (): AsyncIterable<LabelledPicture> {
      let last = 0
      for (const { state, path, capturedAtMs } of labelled) {
        last = Math.max(capturedAtMs ?? 0, last + 1) // two pictures of one second are two frames
        yield { state: stateName(state), jpeg: await readFile(path), capturedAtMs: timed ? last : null }
      }
    })(),
    count: labelled.length,
    onProgress: (phase, fraction) => onProgress(phase, fraction / 2),
  })
  return job.result as { engine: string; backbone: string }
}

/** Has a real agent send the pictures over MQTT, and waits until each has its result. */
async function sendByAgent(
  server: RunningServer,
  api: Api,
  others: Picture[],
  folder: string,
  { onProgress, signal }: ReplayOptions,
  undo: (() => Promise<unknown>)[],
): Promise<{ startedAtMs: number; seconds: number }> {
  const { token } = await api.send<{ token: string }>('POST', '/api/devices', { name: DEVICE })
  const camera = join(folder, 'camera')
  await mkdir(camera)
  for (const [i, { path }] of others.entries())
    await symlink(resolve(path), join(camera, `${String(i).padStart(8, '0')}-${basename(path)}`))
  const config = join(folder, 'agent.json')
  await writeFile(
    config,
    JSON.stringify({
      device: DEVICE,
      token,
      server: server.mqtt,
      dataDir: join(folder, 'agent'),
      maxFrameBytes: MOST_FRAME_BYTES,
      cameras: [{ name: 'camera', driver: 'folder', path: camera, speed: 'max' }],
      // This machine is not where the pictures were taken.
      sensors: [],
    }),
    { mode: 0o600 },
  )
  const before = await recorded(api)
  const startedAtMs = Date.now()
  const started = performance.now()
  const agent = startAgent(config, { environment: withoutSettings(process.env), onLine: console.error })
  undo.push(() => agent.stop())
  let done = 0
  let movedAt = performance.now()
  while (done < others.length) {
    await new Promise((wait) => setTimeout(wait, POLL_MS))
    signal.throwIfAborted()
    const now = (await recorded(api)) - before
    if (now !== done) movedAt = performance.now()
    else if (performance.now() - movedAt > STALL_MS)
      throw new Error(`only ${done} of ${others.length} frames have a result, and nothing moved for two minutes`)
    done = now
    onProgress('replay', 0.5 + (0.5 * done) / others.length)
  }
  return { startedAtMs, seconds: (performance.now() - started) / 1000 }
}

/** How many frames have ended, by the server's own count: those recorded, and those refused at the door. */
async function recorded(api: Api): Promise<number> {
  const metrics = await api.get<string>('/metrics')
  const ended = /^(?:ajar_frames_recorded_total\{.*?\}|ajar_frames_ingested_total\{outcome="refused"\}) (\d+)$/gm
  const counts = [...metrics.matchAll(ended)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}

/** Puts each frame's prediction beside its truth. The agent sends in order, so the nth frame is the nth picture. */
async function judge(api: Api, others: Picture[], fromMs: number): Promise<Judged[]> {
  const frames: Frame[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const at: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page: { items: Frame[]; next: string | null } = await api.get(
      `/api/frames?camera=${encodeURIComponent(CAMERA)}&from=${fromMs}&limit=1000${at}`,
    )
    frames.push(...page.items)
    cursor = page.next
  }
  frames.sort((a, b) => (a.capturedAt < b.capturedAt ? -1 : 1))
  if (frames.length !== others.length) throw new Error(`${others.length} frames were sent, ${frames.length} are there`)
  const { threshold } = await api.get<{ threshold: number }>(`/api/cameras/${CAMERA}`)
  const judged: Judged[] = []
  for (const [i, { path, state }] of others.entries()) {
    const frame = frames[i] as Frame
    const { outcome, result } = frame
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    // Of bytes that were refused at the door nothing is kept.
    if (outcome !== 'refused' && sha256 !== frame.sha256)
      throw new Error(`frame ${i + 1} is not ${path}: frames arrived in another order`)
    judged.push({
      truth: state,
      best: result?.best === stateName(state) ? state : (result?.best ?? null),
      unknown: result !== null && (result.confidence ?? 0) < threshold,
      skipped: outcome === 'skipped',
    })
  }
  return judged
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
