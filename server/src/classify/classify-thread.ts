import { parentPort, workerData } from 'node:worker_threads'
import {
  DecodeError,
  decode,
  type Engine,
  type EngineChoice,
  type EngineName,
  embedVector,
  lengthOf,
  loadModel,
  ModelsError,
  openEngine,
  openHead,
  type Prediction,
  type Predictor,
  type Region,
  type SkippedEngine,
  type VectorView,
} from '@ajar/models'
import { FrameReader } from '../database/frames/frame-reader.ts'
import type { StoredFrame } from '../database/frames/frames-file.ts'
import { lookOf, vectorOf } from '../database/frames/vector-bytes.ts'

/** A thread that classifies: it reads the bytes of a frame or a reading, embeds them, and asks the source's head. */

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
  /** The model is whole, and tells readings of another length than this one: it has to be trained again. */
  | { kind: 'misfit'; message: string }
  /** The frame's bytes are gone. */
  | { kind: 'gone' }
  | { kind: 'failed'; message: string }
)

interface Loaded {
  head: Predictor
  region: Region | null
  backbone: string
  /** How readings are seen; null where the model is one of pictures. */
  view: VectorView | null
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

async function classify({ id, jpeg: given, stored, readings, model }: ClassifyRequest): Promise<ClassifyReply> {
  const started = performance.now()
  const bytes = given ?? (stored && reader.jpeg(stored))
  if (!bytes && !readings) return { id, kind: 'gone' }
  const loaded = await headOf(model).catch(damagedOr)
  if ('damaged' in loaded) return { id, kind: 'damaged', message: loaded.damaged }
  try {
    const prediction =
      readings || loaded.view ? ofReadings(loaded, bytes, stored, readings) : await ofPicture(loaded, bytes, stored)
    if ('damaged' in prediction) return { id, kind: 'damaged', message: prediction.damaged }
    if ('misfit' in prediction) return { id, kind: 'misfit', message: prediction.misfit }
    return { id, kind: 'predicted', prediction, latencyMs: performance.now() - started }
  } catch (error) {
    if (error instanceof DecodeError) return { id, kind: 'refused', code: error.code, reason: error.message }
    throw error
  }
}

async function ofPicture(
  { head, region, backbone }: Loaded,
  jpeg: Uint8Array | null,
  stored: ClassifyRequest['stored'],
) {
  if (!jpeg) return { damaged: 'this is a model of pictures' }
  const pixels = await decode(jpeg, region)
  // Gives the bytes back at once: left to the collector, they make it run over the whole heap again and again.
  if (stored) (jpeg.buffer as ArrayBuffer).transfer(0)
  const features = await (await engineOf(backbone)).embed(pixels.rgb)
  return head.predict(features, pixels)
}

/** No engine is asked: what stands for features are the numbers themselves, over the window of the view. */
function ofReadings(
  { head, view }: Loaded,
  bytes: Uint8Array | null,
  stored: ClassifyRequest['stored'],
  given: number[][] = [],
): Prediction | { damaged: string } | { misfit: string } {
  if (!view) return { damaged: 'this is a model of pictures' }
  const look =
    stored && bytes ? lookOf(reader, stored, bytes, view) : given.slice(-view.window).map((one) => vectorOf(one))
  if (!look?.every(({ length }) => length === lengthOf(view)))
    return { misfit: `it tells readings of ${lengthOf(view)} numbers, and they have another length now: train again` }
  return head.predict(embedVector(look, view), { spread: Number.POSITIVE_INFINITY })
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
    view: model.view,
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
