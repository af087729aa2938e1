import { type EngineName, embedVector, lengthOf, ModelsError, type VectorView } from '@ajar/models'
import { FrameReader } from '../database/frames/frame-reader.ts'
import { lookOf } from '../database/frames/vector-bytes.ts'
import type { Embedded, FrameToEmbed, ReadingsTask, TrainerMessage } from './trainer-messages.ts'

type Tell = (message: TrainerMessage) => Promise<void>

/** No backbone runs: what makes a vector's features, and learns from them, is TensorFlow.js and plain arithmetic. */
const ENGINE: EngineName = 'wasm'
/** A word for each of thousands would take longer than the work. */
const TOLD_EACH = 100

/**
 * Embeds labelled readings one by one, in the job worker: it reads frames files, but writes nothing. It takes
 * microseconds and depends on the readings before, so nothing is kept of it.
 * @param readings in the order of their times, those of one sensor at least
 * @returns each reading with its features, or with the reason why it has none
 */
export async function* embedReadings<Reading extends Labelled>(
  task: ReadingsTask,
  readings: AsyncIterable<Reading>,
  tell: Tell,
): AsyncGenerator<{ of: Reading; embedded: Pick<Embedded, 'features'> | string; engine: EngineName }> {
  const reader = new FrameReader(task.framesFolder)
  const said = new Map<string, string>()
  let done = 0
  try {
    for await (const reading of readings) {
      yield { of: reading, embedded: embed(reader, reading, task.view, said), engine: ENGINE }
      said.set(`${reading.camera}/${reading.capturedAt}`, reading.state)
      done += 1
      if (done % TOLD_EACH === 0 || done === task.count)
        await tell({ kind: 'progress', phase: 'embed', fraction: done / task.count })
    }
  } finally {
    reader.close()
  }
}

export interface Labelled extends Pick<FrameToEmbed, 'camera' | 'capturedAt'> {
  state: string
}

function embed(reader: FrameReader, reading: Labelled, view: VectorView, said: ReadonlyMap<string, string>) {
  const stored = reader.find(reading.camera, reading.capturedAt)
  const bytes = stored && reader.jpeg(stored)
  if (!bytes) return 'it is gone'
  const window = lookOf(
    { before: (_, at, count) => alikeBefore(reader, reading, at, count, said) },
    stored,
    bytes,
    view,
  )
  if (!window) return `it is no reading of ${lengthOf(view)} numbers`
  try {
    return { features: [embedVector(window, view)] }
  } catch (error) {
    if (error instanceof ModelsError && error.fault === 'caller') return error.message
    throw error
  }
}

/**
 * The readings before it that its window holds, the newest first: back to one that is of another state, as far as anybody
 * said so. What is learned of a state is not to have learned from another one.
 */
function alikeBefore(
  reader: FrameReader,
  { camera, state }: Labelled,
  at: number,
  count: number,
  said: ReadonlyMap<string, string>,
): ReturnType<FrameReader['before']> {
  const earlier = reader.before(camera, at, count)
  const other = earlier.findIndex((one) => (said.get(`${camera}/${one.capturedAt}`) ?? state) !== state)
  return earlier.slice(0, other === -1 ? count : other)
}
