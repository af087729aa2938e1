import type { Gate, Model, Region, VectorView } from '@ajar/models'

/** How a model came to be. */
export interface Origin {
  origin: 'trained' | 'uploaded' | 'copied'
  /** The model that was active when it was made, or that it is a copy of. */
  parent: string | null
  /** The training that made it: asked again, it gets the same model. */
  job?: string
  /** How it compared with the one that was active. */
  gate?: Gate | null
  /** The id that it had where it came from. */
  original?: string | null
  /** Names all that its training learned from: another one of the same would make the same model. */
  inputs?: string
}

/** What is shown of a model besides the columns of its row: `details_json`. */
export interface Details {
  states: string[]
  seed: number
  labels: Model['labels']
  region: Region | null
  /** How readings are seen; missing where frames are. */
  view?: VectorView
  verdict: string
  gate: Gate | null
  /** The id that it had where it came from; null where it was made here. */
  original: string | null
  /** Of a model that was trained here: names all that it learned from. */
  inputs?: string
}

/** @param from null of a model of an older release: its files are all that is known of it */
export function detailsOf(
  { head, seed, labels, region, view, verdict }: Model,
  from: Pick<Origin, 'gate' | 'original' | 'inputs'> | null = null,
): Details {
  const { gate = null, original = null, inputs } = from ?? {}
  return {
    states: head.states,
    seed,
    labels,
    region,
    ...(view ? { view } : {}),
    verdict,
    gate,
    original,
    ...(inputs === undefined ? {} : { inputs }),
  }
}
