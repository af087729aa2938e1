import { type EngineName, evaluate, ModelsError, type Sample, trainHead } from '@ajar/models'
import { compare } from './compare.ts'
import { embedFrames } from './embed-frames.ts'
import type { LabelledFrame, SkippedFrame, TrainedResult, TrainerMessage, TrainerTask } from './trainer-messages.ts'

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
  const { samples, skipped, fresh, engine } = await embedAll(task, frames, tell)
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
  return { head, evaluation, engine, comparison, skipped }
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
  tell: Tell,
): Promise<{ samples: Sample[]; skipped: SkippedFrame[]; fresh: Set<string>; engine: EngineName }> {
  const samples: Sample[] = []
  const skipped: SkippedFrame[] = []
  const fresh = new Set<string>()
  let by: EngineName | null = null
  for await (const { of, embedded, engine } of embedFrames(task, frames, tell)) {
    const { camera, capturedAt: capturedAtMs, state, borrowed } = of
    const frame = `${camera}/${capturedAtMs}`
    by = engine
    if (of.fresh) fresh.add(frame)
    if (typeof embedded === 'string') skipped.push({ frame, reason: embedded })
    else samples.push({ frame, capturedAtMs, state, borrowed, ...embedded })
  }
  if (!by) throw new ModelsError('too_few_frames', 'caller', 'no frame is labelled')
  return { samples, skipped, fresh, engine: by }
}
