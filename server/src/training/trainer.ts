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
import { embedReadings } from './embed-readings.ts'
import { compareWith } from './rival.ts'
import type {
  EmbedTask,
  LabelledFrame,
  SkippedFrame,
  TrainedResult,
  TrainerMessage,
  TrainerTask,
} from './trainer-messages.ts'

type Tell = (message: TrainerMessage) => Promise<void>

/**
 * Trains one head, of frames or of readings, as a task of the job worker: it may take all of a core, and the server goes
 * on. It reads frames files, but writes nothing: embeddings are told as they come, and the head is the result.
 */
export async function train(
  task: TrainerTask,
  frames: AsyncIterable<LabelledFrame>,
  tell: Tell,
): Promise<TrainedResult> {
  const { states, seed, rival, look } = task
  const view = 'view' in look ? look.view : undefined
  const { samples, skipped, fresh, engine } = await embedAll(task, frames, tell)
  const onProgress = (done: number, all: number) =>
    void tell({ kind: 'progress', phase: 'evaluate', fraction: done / all })
  const onEpoch = (epoch: number, epochs: number) => {
    if (epoch % EPOCHS_TOLD === 0) void tell({ kind: 'progress', phase: 'train', fraction: epoch / epochs })
  }
  await tell({ kind: 'progress', phase: 'train', fraction: 0 })
  const head = await trainHead(samples, { states, ...(view ? { view, seed, onProgress: onEpoch } : {}) }).catch(
    (error) => {
      throw withSkipped(error, skipped)
    },
  )
  const { evaluation, verdict, judged } = await evaluate(samples, {
    states,
    seed,
    onProgress,
    ...(view ? { view } : {}),
  })
  const labelled = new Set(samples.filter(({ judgeOnly }) => !judgeOnly).map(({ frame }) => frame))
  return {
    head: tempered(head, evaluation?.temperature ?? 1),
    evaluation,
    verdict,
    testSet: judged.filter(({ frame }) => labelled.has(frame)),
    engine,
    gate: rival && compareWith(rival, states, samples, fresh, judged, view ? 'reading' : 'frame'),
    skipped,
  }
}

/** A word for each of hundreds would only fill the job's row. */
const EPOCHS_TOLD = 20
/** Of many that are left out mostly one thing is wrong. */
const MOST_NAMED = 3

/** Too few frames are left: perhaps because of those that were left out. */
function withSkipped(error: unknown, skipped: SkippedFrame[]): unknown {
  if (!(error instanceof ModelsError) || error.code !== 'too_few_frames' || skipped.length === 0) return error
  const some = skipped.slice(0, MOST_NAMED).map(({ frame, reason }) => `${frame} was left out (${reason})`)
  const more = skipped.length > MOST_NAMED ? [`and so were ${skipped.length - MOST_NAMED} more`] : []
  const why = [...some, ...more].join('; ')
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
  const { look } = task
  const all = 'view' in look ? embedReadings(look, frames, tell) : embedFrames(look, frames, tell)
  for await (const { of, embedded, engine } of all) {
    const { camera, capturedAt: capturedAtMs, state, borrowed, judgeOnly } = of
    const frame = `${camera}/${capturedAtMs}`
    by = engine ?? by
    if (of.fresh) fresh.add(frame)
    if (typeof embedded !== 'string') samples.push({ frame, capturedAtMs, state, borrowed, judgeOnly, ...embedded })
    else if (!judgeOnly) skipped.push({ frame, reason: embedded })
  }
  return { samples, skipped, fresh, engine: by ?? task.madeBy ?? (await engineOf(look as EmbedTask)) }
}

/** The engine that would have computed what was known already. */
async function engineOf({ backbone, engine: choice }: EmbedTask): Promise<EngineName> {
  const engine = await openEngine({ backbone, engine: choice as EngineChoice })
  await engine.close()
  return engine.name
}
