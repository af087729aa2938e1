import { CELLS } from '../backbone/backbones.ts'

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

/**
 * Learns means and factors from the training frames.
 * @param grids `[4, 4, channels]` each
 * @param labels the state of each, counted from 0
 */
export function fitRows(grids: Float32Array[], labels: number[], states: number): RowScaling {
  const channels = (grids[0]?.length ?? 0) / CELLS ** 2
  const rows = grids.map((grid) => withWhole(grid, channels))
  const mean = meanOf(rows)
  const stateMeans = Array.from({ length: states }, (_, state) => meanOf(rows.filter((_, i) => labels[i] === state)))
  const deviation = new Float32Array(mean.length)
  rows.forEach((row, i) => {
    const centre = stateMeans[labels[i] as number] as Float32Array
    for (let j = 0; j < row.length; j++) deviation[j] = at(deviation, j) + (at(row, j) - at(centre, j)) ** 2
  })
  let least = 0
  for (let j = 0; j < deviation.length; j++) {
    deviation[j] = Math.sqrt(at(deviation, j) / rows.length)
    least += (LEAST_DEVIATION * at(deviation, j)) / deviation.length
  }
  const factor = deviation.map((value, j) => weightOf(j, channels) / (value + least + Number.EPSILON))
  // Rows of mean length 1, so that one learning rate and one weight decay suit every camera.
  const scaling = { channels, mean, factor }
  const squares = grids.reduce((sum, grid) => sum + squareLength(toRow(scaling, grid)), 0) / grids.length
  return { channels, mean, factor: factor.map((value) => value / Math.sqrt(squares || 1)) }
}

/** One grid as a row of training data. */
export function toRow({ channels, mean, factor }: RowScaling, grid: Float32Array): Float32Array {
  return withWhole(grid, channels).map((value, j) => (value - at(mean, j)) * at(factor, j))
}

export function rowLength(channels: number): number {
  return (CELLS ** 2 + 1) * channels
}

/**
 * Everything `toRow` does is linear, so weights on rows become weights on grids once, and a frame pays for none of it.
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

function withWhole(grid: Float32Array, channels: number): Float32Array {
  const row = new Float32Array(rowLength(channels))
  row.set(grid)
  for (let i = 0; i < grid.length; i++) {
    const whole = grid.length + (i % channels)
    row[whole] = at(row, whole) + at(grid, i) / CELLS ** 2
  }
  return row
}

function meanOf(rows: Float32Array[]): Float32Array {
  const mean = new Float32Array(rows[0]?.length ?? 0)
  for (const row of rows) for (let j = 0; j < row.length; j++) mean[j] = at(mean, j) + at(row, j) / rows.length
  return mean
}

function squareLength(row: Float32Array): number {
  return row.reduce((sum, value) => sum + value * value, 0)
}

function at(values: Float32Array, index: number): number {
  return values[index] as number
}
