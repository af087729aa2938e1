import {
  type EngineChoice,
  type EngineName,
  evaluate,
  ModelsError,
  openEngine,
  type Sample,
  tempered,
  trainHead,
} from '@ajar/models'
import { embedFrames } from './embed-frames.ts'
import { compareWith } from './rival.ts'
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
  const { states, seed, rival } = task
  const { samples, skipped, fresh, engine } = await embedAll(task, frames, tell)
  const onProgress = (done: number, all: number) =>
    void tell({ kind: 'progress', phase: 'evaluate', fraction: done / all })
  await tell({ kind: 'progress', phase: 'train', fraction: 0 })
  const head = await trainHead(samples, { states }).catch((error) => {
    throw withSkipped(error, skipped)
  })
  const { evaluation, verdict, judged } = await evaluate(samples, { states, seed, onProgress })
  const labelled = new Set(samples.filter(({ judgeOnly }) => !judgeOnly).map(({ frame }) => frame))
  return {
    head: tempered(head, evaluation?.temperature ?? 1),
    evaluation,
    verdict,
    testSet: judged.filter(({ frame }) => labelled.has(frame)),
    engine,
    gate: rival && compareWith(rival, states, samples, fresh, judged),
    skipped,
  }
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
    const { camera, capturedAt: capturedAtMs, state, borrowed, judgeOnly } = of
    const frame = `${camera}/${capturedAtMs}`
    by = engine ?? by
    if (of.fresh) fresh.add(frame)
    if (typeof embedded !== 'string') samples.push({ frame, capturedAtMs, state, borrowed, judgeOnly, ...embedded })
    else if (!judgeOnly) skipped.push({ frame, reason: embedded })
  }
  return { samples, skipped, fresh, engine: by ?? task.madeBy ?? (await engineOf(task)) }
}

/** The engine that would have computed what was known already. */
async function engineOf({ backbone, engine: choice }: TrainerTask): Promise<EngineName> {
  const engine = await openEngine({ backbone, engine: choice as EngineChoice })
  await engine.close()
  return engine.name
}
