import { Readable } from 'node:stream'
import { embeddedLength, type Sample, type Usability, usability } from '@ajar/models'
import { embedReadings } from '../embed-readings.ts'
import type { LabelledFrame, ReadingsTask, TrainerMessage } from '../trainer-messages.ts'

export interface UsabilityTask extends ReadingsTask {
  states: string[]
}

/** Measured on the Wi-Fi channel: more readings in one look add little, and answer later. */
const WIDER = 8
/** Somebody waits: what is not read again by then is not compared. */
const WIDER_LIMIT_MS = 15_000
/** Of longer readings three times as many inputs would take longer than one waits. */
const MOST_INPUTS = 1024

/** Holds the states of a sensor against each other, as a task of the job worker: it takes seconds of a core. */
export async function compareStates(
  task: UsabilityTask,
  readings: AsyncIterable<LabelledFrame>,
  tell: (message: TrainerMessage) => Promise<void>,
): Promise<Usability> {
  const seen: LabelledFrame[] = []
  const remembered = async function* () {
    for await (const reading of readings) {
      seen.push(reading)
      yield reading
    }
  }
  const samples = await samplesOf(task, remembered(), tell, Number.POSITIVE_INFINITY)
  return usability(samples ?? [], {
    ...{ states: task.states, view: task.view },
    wider: async () => {
      if (task.view.window >= WIDER || embeddedLength(task.view) > MOST_INPUTS) return null
      const view = { ...task.view, window: WIDER }
      const again = await samplesOf({ ...task, view }, Readable.from(seen), tell, performance.now() + WIDER_LIMIT_MS)
      return again && { samples: again, view }
    },
  })
}

/** @param until as `performance.now` has it. @returns null where it was not done by then */
async function samplesOf(
  task: UsabilityTask,
  readings: AsyncIterable<LabelledFrame>,
  tell: (message: TrainerMessage) => Promise<void>,
  until: number,
): Promise<Sample[] | null> {
  const samples: Sample[] = []
  for await (const { of, embedded } of embedReadings(task, readings, tell)) {
    const { camera, capturedAt: capturedAtMs, state, borrowed } = of
    const sample = { frame: `${camera}/${capturedAtMs}`, capturedAtMs, state, borrowed }
    if (typeof embedded !== 'string') samples.push({ ...sample, ...embedded })
    if (performance.now() > until) return null
  }
  return samples
}
