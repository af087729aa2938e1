import { parentPort, workerData } from 'node:worker_threads'
import {
  DecodeError,
  decode,
  type Engine,
  type EngineChoice,
  type EngineName,
  loadModel,
  ModelsError,
  openEngine,
  openHead,
  type Prediction,
  type Predictor,
  type Region,
  type SkippedEngine,
} from '@ajar/models'
import { FrameReader } from '../database/frames/frame-reader.ts'
import type { StoredFrame } from '../database/frames/frames-file.ts'

/** A thread that classifies: it reads a frame's bytes, decodes, embeds, and asks the camera's head. */

export interface ClassifyThreadOptions {
  framesFolder: string
  engine: EngineChoice
  /** Opened at once, so that the first frame finds it warm. */
  backbone: string
}

/** Which model to ask: a folder of the registry. */
export interface ModelRef {
  id: string
  folder: string
}

export interface ClassifyRequest {
  id: number
  /** The bytes, where they are at hand, and where they lie, where they are kept. */
  jpeg: Uint8Array | null
  stored: Pick<StoredFrame, 'camera' | 'capturedAt' | 'file' | 'row'> | null
  /** Readings that are asked about and not kept, the newest last; instead of bytes. */
  readings?: number[][]
  model: ModelRef
}

/** Which engine this thread runs, and why others did not load. */
export interface EngineNotice {
  engine: EngineName
  backbone: string
  skipped: readonly SkippedEngine[]
}

export type ClassifyReply = { id: number } & (
  | { kind: 'predicted'; prediction: Prediction; latencyMs: number }
  | { kind: 'refused'; code: 'not_jpeg' | 'truncated' | 'too_many_pixels'; reason: string }
  /** The model's files are damaged or gone: no frame can be asked about, now or later, until that is mended. */
  | { kind: 'damaged'; message: string }
  /** The frame's bytes are gone. */
  | { kind: 'gone' }
  | { kind: 'failed'; message: string }
)

interface Loaded {
  head: Predictor
  region: Region | null
  backbone: string
}

const DAMAGED = new Set(['model_damaged', 'model_missing'])
/** Heads are small, but a server may have many cameras: those not asked for longest are loaded again when needed. */
const MAX_HEADS = 64

const options = workerData as ClassifyThreadOptions
const port = parentPort
if (!port) throw new Error('classify-thread runs only as a worker thread')
const reader = new FrameReader(options.framesFolder)
const engines = new Map<string, Promise<Engine>>()
const heads = new Map<string, Promise<Loaded>>()

port.on('message', async (request: ClassifyRequest | 'close') => {
  if (request === 'close') return close()
  try {
    port.postMessage(await classify(request))
  } catch (error) {
    const reply: ClassifyReply = { id: request.id, kind: 'failed', message: (error as Error).message }
    port.postMessage(reply)
  }
})

engineOf(options.backbone).then(
  ({ name, backbone, skipped }) => port.postMessage({ engine: name, backbone, skipped } satisfies EngineNotice),
  (error: Error) => {
    throw error // ends the thread; the pool reports why
  },
)

async function classify({ id, jpeg: given, stored, model }: ClassifyRequest): Promise<ClassifyReply> {
  const started = performance.now()
  const jpeg = given ?? (stored && reader.jpeg(stored))
  if (!jpeg) return { id, kind: 'gone' }
  const loaded = await headOf(model).catch(damagedOr)
  if ('damaged' in loaded) return { id, kind: 'damaged', message: loaded.damaged }
  try {
    const pixels = await decode(jpeg, loaded.region)
    // Gives the bytes back at once: left to the collector, they make it run over the whole heap again and again.
    if (stored) (jpeg.buffer as ArrayBuffer).transfer(0)
    const features = await (await engineOf(loaded.backbone)).embed(pixels.rgb)
    const prediction = loaded.head.predict(features, pixels)
    return { id, kind: 'predicted', prediction, latencyMs: performance.now() - started }
  } catch (error) {
    if (error instanceof DecodeError) return { id, kind: 'refused', code: error.code, reason: error.message }
    throw error
  }
}

/** What a disk refuses for a moment is asked for again; what it holds wrongly stays so. */
function damagedOr(error: unknown): { damaged: string } {
  if (error instanceof ModelsError && DAMAGED.has(error.code)) return { damaged: error.message }
  throw error
}

function headOf({ id, folder }: ModelRef): Promise<Loaded> {
  let loaded = heads.get(id)
  heads.delete(id)
  loaded ??= loadModel(folder).then((model) => ({
    head: openHead(model.head),
    region: model.region,
    backbone: model.backbone,
  }))
  heads.set(id, loaded) // to the end: the first of the map is the one not asked for longest
  loaded.catch(() => heads.delete(id))
  const [oldest] = heads.keys()
  if (heads.size > MAX_HEADS && oldest !== undefined) heads.delete(oldest)
  return loaded
}

function engineOf(backbone: string): Promise<Engine> {
  let engine = engines.get(backbone)
  if (!engine) {
    engine = openEngine({ backbone, engine: options.engine, threads: 1 })
    engines.set(backbone, engine)
    engine.catch(() => engines.delete(backbone)) // what hindered it may pass
  }
  return engine
}

async function close() {
  for (const engine of engines.values()) await engine.then((open) => open.close()).catch(() => {})
  reader.close()
  port?.close()
}
