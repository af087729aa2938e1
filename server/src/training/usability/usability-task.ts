import { type Sample, type Usability, usability } from '@ajar/models'
import { embedReadings } from '../embed-readings.ts'
import type { LabelledFrame, ReadingsTask, TrainerMessage } from '../trainer-messages.ts'

export interface UsabilityTask extends ReadingsTask {
  states: string[]
}

/** Holds the states of a sensor against each other, as a task of the job worker: it takes seconds of a core. */
export async function compareStates(
  task: UsabilityTask,
  readings: AsyncIterable<LabelledFrame>,
  tell: (message: TrainerMessage) => Promise<void>,
): Promise<Usability> {
  const samples: Sample[] = []
  for await (const { of, embedded } of embedReadings(task, readings, tell)) {
    const { camera, capturedAt: capturedAtMs, state, borrowed } = of
    const sample = { frame: `${camera}/${capturedAtMs}`, capturedAtMs, state, borrowed }
    if (typeof embedded !== 'string') samples.push({ ...sample, ...embedded })
  }
  return usability(samples, { states: task.states, view: task.view })
}
