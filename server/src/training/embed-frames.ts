import {
  augment,
  blacken,
  DecodeError,
  decode,
  type Engine,
  type EngineChoice,
  type EngineName,
  type Mask,
  openEngine,
} from '@ajar/models'
import { FrameReader } from '../database/frames/frame-reader.ts'
import type { Embedded, EmbedTask, FrameToEmbed, TrainerMessage } from './trainer-messages.ts'

type Tell = (message: TrainerMessage) => Promise<void>

/**
 * Embeds labelled frames one by one, in the job worker: it reads frames, but writes nothing. What is computed anew is
 * told as it comes, and so is how far it is.
 * @returns each frame with its features, or with the reason why it has none; `engine` is what computes them, null as long
 *   as all were known
 */
export async function* embedFrames<Frame extends FrameToEmbed>(
  task: EmbedTask,
  frames: AsyncIterable<Frame>,
  tell: Tell,
): AsyncGenerator<{ of: Frame; embedded: Embedded | string; engine: EngineName | null }> {
  const { backbone, engine: choice } = task
  let engine: Engine | null = null
  const reader = new FrameReader(task.framesFolder)
  let done = 0
  try {
    for await (const frame of frames) {
      const { camera, capturedAt, known } = frame
      // To open an engine takes longer than a training on features that are all known.
      if (!known) engine ??= await openEngine({ backbone, engine: choice as EngineChoice, threads: 2 })
      const embedded = known ?? (await read(reader, frame, task, engine as Engine))
      if (!known && typeof embedded !== 'string') await tell({ kind: 'embedded', camera, capturedAt, ...embedded })
      yield { of: frame, embedded, engine: engine?.name ?? null }
      done += 1
      await tell({ kind: 'progress', phase: 'embed', fraction: done / task.count })
    }
  } finally {
    reader.close()
    await engine?.close()
  }
}

async function read(
  reader: FrameReader,
  { camera, capturedAt }: FrameToEmbed,
  task: EmbedTask,
  engine: Engine,
): Promise<Embedded | string> {
  const stored = reader.find(camera, capturedAt)
  const jpeg = stored && reader.jpeg(stored)
  return jpeg ? embed(jpeg, task, engine, capturedAt) : 'its picture is gone'
}

/**
 * The frame itself, then its augmentations; what these draw follows from the frame and the training's seed, so a second
 * run gives the same.
 * @returns why it does not decode, where it does not
 */
async function embed(
  jpeg: Uint8Array,
  { region, masks, augmentations, seed = 1 }: EmbedTask,
  engine: Engine,
  capturedAt: number,
): Promise<Embedded | string> {
  const pixels = await seen(jpeg, masks)
    .then((picture) => decode(picture, region))
    .catch((error) => {
      if (error instanceof DecodeError) return error.message
      throw error
    })
  if (typeof pixels === 'string') return pixels
  const features = [await engine.embed(pixels.rgb)]
  const drawn = capturedAt + Math.imul(seed, FAR_APART)
  for (let variant = 1; variant <= augmentations; variant++) {
    features.push(await engine.embed(augment(pixels, drawn + variant).rgb))
  }
  return { brightness: pixels.brightness, features }
}

/** Seeds that follow one another draw from streams far from one another (the golden ratio, as a 32-bit number). */
const FAR_APART = 0x9e3779b1

/** A frame as the camera would send it now: one stored before there were masks shows what later ones do not. */
async function seen(jpeg: Uint8Array, masks: Mask[]): Promise<Uint8Array> {
  return masks.length === 0 ? jpeg : blacken(jpeg, masks)
}
