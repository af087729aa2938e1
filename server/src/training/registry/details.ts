import type { Gate, Model, Region } from '@ajar/models'
import type { Origin } from './model-registry.ts'

/** What is shown of a model besides the columns of its row: `details_json`. */
export interface Details {
  states: string[]
  seed: number
  labels: Model['labels']
  region: Region | null
  verdict: string
  gate: Gate | null
  /** The id that it had where it came from; null where it was made here. */
  original: string | null
  /** Of a model that was trained here: names all that it learned from. */
  inputs?: string
}

/** @param from null of a model of an older release: its files are all that is known of it */
export function detailsOf(
  { head, seed, labels, region, verdict }: Model,
  from: Pick<Origin, 'gate' | 'original' | 'inputs'> | null = null,
): Details {
  const { gate = null, original = null, inputs } = from ?? {}
  return {
    states: head.states,
    seed,
    labels,
    region,
    verdict,
    gate,
    original,
    ...(inputs === undefined ? {} : { inputs }),
  }
}
