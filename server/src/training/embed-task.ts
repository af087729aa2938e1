import { embedFrames } from './embed-frames.ts'
import type { EmbedTask, FrameToEmbed, SkippedFrame, TrainerMessage } from './trainer-messages.ts'

export interface EmbedResult {
  embedded: number
  skipped: SkippedFrame[]
}

/** Embeds labelled frames before a training needs them, as a task of the job worker. */
export async function embed(
  task: EmbedTask,
  frames: AsyncIterable<FrameToEmbed>,
  tell: (message: TrainerMessage) => Promise<void>,
): Promise<EmbedResult> {
  const result: EmbedResult = { embedded: 0, skipped: [] }
  for await (const { of, embedded } of embedFrames(task, frames, tell)) {
    if (typeof embedded !== 'string') result.embedded += 1
    else result.skipped.push({ frame: `${of.camera}/${of.capturedAt}`, reason: embedded })
  }
  return result
}
