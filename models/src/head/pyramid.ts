import { CELLS } from '../backbone/backbones.ts'

/**
 * The grid seen at three scales: 4x4 cells, 2x2 quarters, the whole picture. Cells tell where something is; the whole
 * does not mind when the picture shifts. Each scale is centred and brought to the same spread, so that none of them
 * drowns the others (after Lazebnik et al. 2006, "Beyond Bags of Features: Spatial Pyramid Matching").
 */
export interface Pyramid {
  channels: number
  /** Mean of the training rows, `[rowLength]`. */
  mean: Float32Array
  /** Factor of each scale. */
  factors: number[]
}

/** Blocks on a side at each scale. */
const SCALES = [4, 2, 1] as const

/** Learns the centre and spread of each scale from the grids (`[4, 4, channels]` each). */
export function fitPyramid(grids: Float32Array[]): Pyramid {
  const channels = (grids[0]?.length ?? 0) / CELLS ** 2
  const rows = grids.map((grid) => pool(grid, channels))
  const mean = new Float32Array(rowLength(channels))
  for (const row of rows)
    for (let i = 0; i < row.length; i++) mean[i] = (mean[i] as number) + (row[i] as number) / rows.length
  const factors = SCALES.map((_, scale) => {
    const [from, to] = span(scale, channels)
    let spread = 0
    for (const row of rows) for (let i = from; i < to; i++) spread += ((row[i] as number) - (mean[i] as number)) ** 2
    return Math.sqrt(rows.length / SCALES.length / Math.max(spread, 1e-12))
  })
  return { channels, mean, factors }
}

/** One grid as a row of training data. */
export function toRow({ channels, mean, factors }: Pyramid, grid: Float32Array): Float32Array {
  const row = pool(grid, channels)
  factors.forEach((factor, scale) => {
    const [from, to] = span(scale, channels)
    for (let i = from; i < to; i++) row[i] = ((row[i] as number) - (mean[i] as number)) * factor
  })
  return row
}

/**
 * Everything `toRow` does is linear, so weights on rows become weights on grids once, and a frame pays for none of it.
 * @param weights `[rowLength, states]` and bias `[states]`, of rows
 * @returns the same head's weights `[4 * 4 * channels, states]` and bias, of grids
 */
export function foldIntoGrid({ channels, mean, factors }: Pyramid, weights: Float32Array, bias: Float32Array) {
  const states = bias.length
  const folded = new Float32Array(CELLS ** 2 * channels * states)
  const foldedBias = Float32Array.from(bias)
  factors.forEach((factor, scale) => {
    const [from, to] = span(scale, channels)
    const blocks = SCALES[scale] as number
    const cellsInBlock = (CELLS / blocks) ** 2
    for (let i = from; i < to; i++)
      for (let state = 0; state < states; state++)
        foldedBias[state] =
          (foldedBias[state] as number) - (mean[i] as number) * factor * (weights[i * states + state] as number)
    for (let cell = 0; cell < CELLS ** 2; cell++) {
      const row = from + blockOf(cell, blocks) * channels
      for (let i = 0; i < channels * states; i++) {
        const target = cell * channels * states + i
        folded[target] = (folded[target] as number) + ((weights[row * states + i] as number) * factor) / cellsInBlock
      }
    }
  })
  return { weights: folded, bias: foldedBias }
}

export function rowLength(channels: number): number {
  return SCALES.reduce((sum, blocks) => sum + blocks ** 2, 0) * channels
}

/** Where a scale's values stand in a row. */
function span(scale: number, channels: number): [from: number, to: number] {
  const before = SCALES.slice(0, scale).reduce((sum, blocks) => sum + blocks ** 2, 0)
  return [before * channels, (before + (SCALES[scale] as number) ** 2) * channels]
}

function blockOf(cell: number, blocks: number): number {
  const shrink = CELLS / blocks
  return Math.floor(Math.floor(cell / CELLS) / shrink) * blocks + Math.floor((cell % CELLS) / shrink)
}

function pool(grid: Float32Array, channels: number): Float32Array {
  const row = new Float32Array(rowLength(channels))
  SCALES.forEach((blocks, scale) => {
    const [from] = span(scale, channels)
    const share = (blocks / CELLS) ** 2
    for (let cell = 0; cell < CELLS ** 2; cell++) {
      const block = from + blockOf(cell, blocks) * channels
      for (let i = 0; i < channels; i++)
        row[block + i] = (row[block + i] as number) + (grid[cell * channels + i] as number) * share
    }
  })
  return row
}
