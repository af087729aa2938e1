import {
  augment,
  blacken,
  DecodeError,
  decode,
  type Engine,
  type EngineChoice,
  evaluate,
  type Mask,
  ModelsError,
  openEngine,
  type Sample,
  trainHead,
} from '@ajar/models'
import { FrameReader } from '../database/frames/frame-reader.ts'
import { compare } from './compare.ts'
import type {
  Embedded,
  LabelledFrame,
  SkippedFrame,
  TrainedResult,
  TrainerMessage,
  TrainerTask,
} from './trainer-messages.ts'

type Tell = (message: TrainerMessage) => Promise<void>

/**
 * Trains one head, as a task of the job worker: it may take all of a core, and the server goes on. It reads frames, but
 * writes nothing: embeddings are told as they come, and the head is the result.
 */
export async function train(
  task: TrainerTask,
  frames: AsyncIterable<LabelledFrame>,
  tell: Tell,
): Promise<TrainedResult> {
  const { states, seed } = task
  const engine = await openEngine({ backbone: task.backbone, engine: task.engine as EngineChoice, threads: 2 })
  const { samples, skipped, fresh } = await embedAll(task, frames, engine, tell)
  await engine.close()
  const progress = (phase: 'train' | 'evaluate') => (epoch: number, epochs: number) =>
    void tell({ kind: 'progress', phase, fraction: epoch / epochs })
  const head = await trainHead(samples, { states, seed, onProgress: progress('train') }).catch((error) => {
    throw withSkipped(error, skipped)
  })
  const evaluation = await evaluate(samples, { states, seed, onProgress: progress('evaluate') }).catch((error) => {
    // With so few frames nothing can be held out: the model is usable, and says that nobody knows how good it is.
    if (error instanceof ModelsError && error.code === 'too_few_frames') return null
    throw error
  })
  const comparison = evaluation && task.rival && compare(evaluation, task.rival, samples, fresh)
  return { head, evaluation, engine: engine.name, comparison, skipped }
}

/** Too few frames are left: perhaps because of those that were left out. */
function withSkipped(error: unknown, skipped: SkippedFrame[]): unknown {
  if (!(error instanceof ModelsError) || error.code !== 'too_few_frames' || skipped.length === 0) return error
  const why = skipped.map(({ frame, reason }) => `${frame} was left out (${reason})`).join('; ')
  return new ModelsError(error.code, error.fault, `${error.message}; ${why}`, { cause: error })
}

async function embedAll(
  task: TrainerTask,
  frames: AsyncIterable<LabelledFrame>,
  engine: Engine,
  tell: Tell,
): Promise<{ samples: Sample[]; skipped: SkippedFrame[]; fresh: Set<string> }> {
  const reader = new FrameReader(task.framesFolder)
  const samples: Sample[] = []
  const skipped: SkippedFrame[] = []
  const fresh = new Set<string>()
  for await (const { camera, capturedAt, state, borrowed, known, ...labelled } of frames) {
    const stored = known ? null : reader.find(camera, capturedAt)
    const jpeg = stored && reader.jpeg(stored)
    const frame = `${camera}/${capturedAt}`
    if (labelled.fresh) fresh.add(frame)
    const embedded = known ?? (jpeg ? await embed(jpeg, task, engine, capturedAt) : 'its picture is gone')
    if (typeof embedded === 'string') skipped.push({ frame, reason: embedded })
    else {
      if (!known) await tell({ kind: 'embedded', camera, capturedAt, ...embedded })
      samples.push({ frame, capturedAtMs: capturedAt, state, borrowed, ...embedded })
    }
    await tell({ kind: 'progress', phase: 'embed', fraction: (samples.length + skipped.length) / task.count })
  }
  reader.close()
  return { samples, skipped, fresh }
}

/**
 * The frame itself, then its augmentations; their seeds follow from the frame, so a second run gives the same.
 * @returns why it does not decode, where it does not
 */
async function embed(
  jpeg: Uint8Array,
  { box, masks, augmentations }: TrainerTask,
  engine: Engine,
  seed: number,
): Promise<Embedded | string> {
  const pixels = await seen(jpeg, masks)
    .then((picture) => decode(picture, box))
    .catch((error) => {
      if (error instanceof DecodeError) return error.message
      throw error
    })
  if (typeof pixels === 'string') return pixels
  const features = [await engine.embed(pixels.rgb)]
  for (let variant = 1; variant <= augmentations; variant++) {
    features.push(await engine.embed(augment(pixels, seed + variant).rgb))
  }
  return { brightness: pixels.brightness, features }
}

/** A frame as the camera would send it now: one stored before there were masks shows what later ones do not. */
async function seen(jpeg: Uint8Array, masks: Mask[]): Promise<Uint8Array> {
  return masks.length === 0 ? jpeg : blacken(jpeg, masks)
}
