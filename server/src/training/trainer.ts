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
import type { Embedded, SkippedFrame, TrainedResult, TrainerMessage, TrainerTask } from './trainer-messages.ts'

/**
 * The process that trains one head: it may take all of a core, and the server goes on. It reads frames, but writes
 * nothing: embeddings and head go back to the server as messages.
 */

process.once('message', async (task: TrainerTask) => {
  try {
    await tell({ kind: 'done', result: await train(task) })
  } catch (error) {
    const code = error instanceof ModelsError ? error.code : 'internal'
    await tell({ kind: 'failed', code, message: (error as Error).message })
  }
  process.disconnect()
})

// A server that was killed takes nothing any more.
process.once('disconnect', () => process.exit())

function tell(message: TrainerMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()))
}

async function train(task: TrainerTask): Promise<TrainedResult> {
  const { states, seed } = task
  const engine = await openEngine({ backbone: task.backbone, engine: task.engine as EngineChoice, threads: 2 })
  const { samples, skipped } = await embedAll(task, engine)
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
  const comparison = evaluation && task.rival && compare(evaluation, task.rival.head, samples, task.rival.fresh)
  return { head, evaluation, engine: engine.name, comparison, skipped }
}

/** Too few frames are left: perhaps because of those that were left out. */
function withSkipped(error: unknown, skipped: SkippedFrame[]): unknown {
  if (!(error instanceof ModelsError) || error.code !== 'too_few_frames' || skipped.length === 0) return error
  const why = skipped.map(({ frame, reason }) => `${frame} was left out (${reason})`).join('; ')
  return new ModelsError(error.code, error.fault, `${error.message}; ${why}`, { cause: error })
}

async function embedAll(task: TrainerTask, engine: Engine): Promise<{ samples: Sample[]; skipped: SkippedFrame[] }> {
  const reader = new FrameReader(task.framesFolder)
  const samples: Sample[] = []
  const skipped: SkippedFrame[] = []
  for (const { camera, capturedAt, state, borrowed, known } of task.frames) {
    const stored = known ? null : reader.find(camera, capturedAt)
    const jpeg = stored && reader.jpeg(stored)
    const frame = `${camera}/${capturedAt}`
    const embedded = known ?? (jpeg ? await embed(jpeg, task, engine, capturedAt) : 'its picture is gone')
    if (typeof embedded === 'string') skipped.push({ frame, reason: embedded })
    else {
      if (!known) await tell({ kind: 'embedded', camera, capturedAt, ...embedded })
      samples.push({ frame, capturedAtMs: capturedAt, state, borrowed, ...embedded })
    }
    const fraction = (samples.length + skipped.length) / task.frames.length
    await tell({ kind: 'progress', phase: 'embed', fraction })
  }
  reader.close()
  return { samples, skipped }
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
