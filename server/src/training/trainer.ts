import {
  augment,
  type Box,
  decode,
  type Engine,
  type EngineChoice,
  evaluate,
  ModelsError,
  openEngine,
  type Sample,
  trainHead,
} from '@ajar/models'
import { FrameReader } from '../database/frames/frame-reader.ts'
import type { TrainedResult, TrainerMessage, TrainerTask } from './trainer-messages.ts'

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
  const samples = await embedAll(task, engine)
  await engine.close()
  const progress = (phase: 'train' | 'evaluate') => (epoch: number, epochs: number) =>
    void tell({ kind: 'progress', phase, fraction: epoch / epochs })
  const head = await trainHead(samples, { states, seed, onProgress: progress('train') })
  const evaluation = await evaluate(samples, { states, seed, onProgress: progress('evaluate') }).catch((error) => {
    // With so few frames nothing can be held out: the model is usable, and says that nobody knows how good it is.
    if (error instanceof ModelsError && error.code === 'too_few_frames') return null
    throw error
  })
  return { head, evaluation, engine: engine.name }
}

async function embedAll(task: TrainerTask, engine: Engine): Promise<Sample[]> {
  const reader = new FrameReader(task.framesFolder)
  const samples: Sample[] = []
  for (const { camera, capturedAt, state, known } of task.frames) {
    const stored = known ? null : reader.find(camera, capturedAt)
    const jpeg = stored && reader.jpeg(stored)
    if (!known && !jpeg) continue // pruned since it was labelled
    const embedded = known ?? (await embed(jpeg as Uint8Array, task.box, task.augmentations, engine, capturedAt))
    if (!known) await tell({ kind: 'embedded', camera, capturedAt, ...embedded })
    samples.push({ frame: `${camera}/${capturedAt}`, capturedAtMs: capturedAt, state, ...embedded })
    await tell({ kind: 'progress', phase: 'embed', fraction: samples.length / task.frames.length })
  }
  reader.close()
  return samples
}

/** The frame itself, then its augmentations; their seeds follow from the frame, so a second run gives the same. */
async function embed(jpeg: Uint8Array, box: Box | null, augmentations: number, engine: Engine, seed: number) {
  const pixels = await decode(jpeg, box)
  const features = [await engine.embed(pixels.rgb)]
  for (let variant = 1; variant <= augmentations; variant++) {
    features.push(await engine.embed(augment(pixels, seed + variant).rgb))
  }
  return { brightness: pixels.brightness, features }
}
