import { CELLS } from '../backbone/backbones.ts'
import { rooted } from './head.ts'

/**
 * How features become rows of training data. A row is the 4x4 grid followed by its mean, the whole picture: cells tell
 * where something is, the whole does not mind where. Every value is centred and divided by its deviation *within* the
 * states, so that what changes while the state stays the same (light, weather, people) counts little, and what only
 * changes with the state counts much.
 */
export interface RowScaling {
  channels: number
  /** `[rowLength]` each; a row is (values - mean) * factor. */
  mean: Float32Array
  factor: Float32Array
}

/** How much the whole counts beside the grid: parking bays gain by more of it, doors by less, and both only a little. */
const WHOLE = 0.35
/** Keeps a value that hardly ever moves from being blown up: this part of the mean deviation is added to each. */
const LEAST_DEVIATION = 0.1

/** One frame's features, `[4, 4, channels]`, as a row before scaling: it is the same in every training. */
export function rowOf(features: Float32Array): Float32Array {
  const grid = rooted(features)
  const channels = grid.length / CELLS ** 2
  const row = new Float32Array(rowLength(channels))
  row.set(grid)
  for (let i = 0; i < grid.length; i++) {
    const whole = grid.length + (i % channels)
    row[whole] = at(row, whole) + at(grid, i) / CELLS ** 2
  }
  return row
}

/**
 * Learns means and factors from the training frames.
 * @param rows of `rowOf`
 * @param labels the state of each, counted from 0
 */
export function fitRows(rows: Float32Array[], labels: number[], states: number): RowScaling {
  const width = rows[0]?.length ?? 0
  const channels = width / (CELLS ** 2 + 1)
  const mean = meanOf(rows)
  const centres = Array.from({ length: states }, (_, state) => meanOf(rows.filter((_, i) => labels[i] === state)))
  const within = new Float64Array(width)
  // Of all rows together; the length of a row once scaled follows from it without scaling any.
  const around = new Float64Array(width)
  rows.forEach((row, i) => {
    const centre = centres[labels[i] as number] as Float32Array
    for (let j = 0; j < width; j++) {
      const value = at(row, j)
      within[j] = (within[j] as number) + (value - at(centre, j)) ** 2
      around[j] = (around[j] as number) + (value - at(mean, j)) ** 2
    }
  })
  const deviation = within.map((squares) => Math.sqrt(squares / rows.length))
  const least = (LEAST_DEVIATION * deviation.reduce((sum, value) => sum + value, 0)) / width
  const factor = Float32Array.from(deviation, (value, j) => weightOf(j, channels) / (value + least + Number.EPSILON))
  // Rows of mean length 1, so that one learning rate and one weight decay suit every camera.
  const squares = around.reduce((sum, value, j) => sum + value * at(factor, j) ** 2, 0) / rows.length
  const length = Math.sqrt(squares || 1)
  return { channels, mean, factor: factor.map((value) => value / length) }
}

/** Puts a scaled row into `target`, from `offset` on. */
export function scaleInto(target: Float32Array, offset: number, { mean, factor }: RowScaling, row: Float32Array): void {
  for (let j = 0; j < row.length; j++) target[offset + j] = (at(row, j) - at(mean, j)) * at(factor, j)
}

export function rowLength(channels: number): number {
  return (CELLS ** 2 + 1) * channels
}

/**
 * Everything that scales a row is linear, so weights on rows become weights on grids once, and a frame pays for none.
 * @param weights `[rowLength, states]`, `bias` `[states]`: of rows
 * @returns the same head's weights `[4 * 4 * channels, states]` and bias: of grids
 */
export function foldIntoGrid({ channels, mean, factor }: RowScaling, weights: Float32Array, bias: Float32Array) {
  const states = bias.length
  const cells = CELLS ** 2
  const folded = new Float32Array(cells * channels * states)
  const foldedBias = Float64Array.from(bias)
  for (let j = 0; j < mean.length; j++) {
    for (let state = 0; state < states; state++) {
      const weight = at(weights, j * states + state) * at(factor, j)
      foldedBias[state] = (foldedBias[state] as number) - weight * at(mean, j)
      if (j < cells * channels) {
        folded[j * states + state] = at(folded, j * states + state) + weight
        continue
      }
      // The whole is the mean of the cells, so each cell takes an equal share of its weight.
      for (let cell = 0; cell < cells; cell++) {
        const target = (cell * channels + (j % channels)) * states + state
        folded[target] = at(folded, target) + weight / cells
      }
    }
  }
  return { weights: folded, bias: Float32Array.from(foldedBias) }
}

/** Both parts count by their share of the row, not by how many values they have. */
function weightOf(j: number, channels: number): number {
  const inGrid = CELLS ** 2 * channels
  return j < inGrid ? 1 / Math.sqrt(inGrid) : WHOLE / Math.sqrt(channels)
}

function meanOf(rows: Float32Array[]): Float32Array {
  const sum = new Float64Array(rows[0]?.length ?? 0)
  for (const row of rows) for (let j = 0; j < row.length; j++) sum[j] = (sum[j] as number) + at(row, j)
  return Float32Array.from(sum, (value) => value / rows.length)
}

function at(values: Float32Array, index: number): number {
  return values[index] as number
}
