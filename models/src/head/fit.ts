import { type Descended, type DescentOptions, descend } from './descent.ts'
import { fitRows, type RowScaling, rowOf, scaleInto } from './rows.ts'
import type { Sample } from './sample.ts'

/** Weights of rows, and how rows are scaled for them. */
export interface Fitted extends Descended {
  scaling: RowScaling
}

/** The rows of samples, each made once however many heads learn from it. */
export class Rows {
  readonly #known = new Map<Sample, Float32Array[]>()

  /** The frame's own row, then those of its augmentations. */
  of(sample: Sample): Float32Array[] {
    let rows = this.#known.get(sample)
    if (!rows) {
      rows = sample.features.map(rowOf)
      this.#known.set(sample, rows)
    }
    return rows
  }
}

/** Fits scaling and weights to samples of these states. */
export function fit(samples: Sample[], states: string[], rows: Rows, options?: DescentOptions): Fitted {
  const raw = samples.flatMap((sample) => rows.of(sample))
  const labels = samples.flatMap((sample) => sample.features.map(() => states.indexOf(sample.state)))
  const scaling = fitRows(raw, labels, states.length)
  const width = scaling.mean.length
  const scaled = new Float32Array(raw.length * width)
  raw.forEach((row, i) => {
    scaleInto(scaled, i * width, scaling, row)
  })
  return { scaling, ...descend({ rows: scaled, width, labels, states: states.length }, options) }
}

/** The score of each state for a row that was not learned from; softmax makes probabilities of them. */
export function scoresOf({ scaling, weights, bias }: Fitted, row: Float32Array): Float64Array {
  const scaled = new Float32Array(row.length)
  scaleInto(scaled, 0, scaling, row)
  const scores = Float64Array.from(bias)
  for (let j = 0; j < scaled.length; j++)
    for (let k = 0; k < scores.length; k++)
      scores[k] = (scores[k] as number) + (scaled[j] as number) * (weights[j * scores.length + k] as number)
  return scores
}
