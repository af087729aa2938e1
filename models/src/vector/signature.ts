import { randomStream } from '../random.ts'
import { rangesOf, type VectorView } from './view.ts'

/** As those of frames: so many bytes, and a seed that never changes, for signatures are kept in the database. */
const LENGTH = 32
const SEED = 33
/** How finely two levels are told apart: waves of so many turns for each tenfold of a number. */
const WAVES = [1, 2, 4, 8, 16]

/**
 * A look in 32 bytes (int8 each), compared as those of frames are: the shape of each part, whatever its unit, and its
 * level, thrown on fixed random directions.
 */
export function vectorSignature(embedding: Float32Array, view: VectorView): Uint8Array {
  const sums = new Float64Array(LENGTH)
  rangesOf(view).forEach(({ from, to }, part) => {
    const values = embedding.subarray(from, to)
    const { shape, level } = shapeOf(values)
    const signs = directions(part, values.length + 2 * WAVES.length)
    const parts = [...level, ...shape]
    for (let k = 0; k < LENGTH; k++)
      for (let i = 0; i < parts.length; i++)
        sums[k] = (sums[k] as number) + (parts[i] as number) * (signs[k * parts.length + i] as number)
  })
  const most = sums.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1
  return new Uint8Array(Int8Array.from(sums, (sum) => Math.round((127 * sum) / most)).buffer)
}

function shapeOf(values: Float32Array): { shape: Float64Array; level: number[] } {
  const count = values.length || 1
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) || 1
  const level = Math.asinh(mean) / Math.LN10
  const waves = WAVES.flatMap((turns) => [Math.cos(turns * level), Math.sin(turns * level)])
  return {
    shape: Float64Array.from(values, (value) => (value - mean) / spread),
    level: waves.map((wave) => wave / WAVES.length),
  }
}

const known = new Map<string, Int8Array>()

function directions(part: number, length: number): Int8Array {
  const key = `${part} ${length}`
  const before = known.get(key)
  if (before) return before
  const random = randomStream(SEED + part)
  const signs = Int8Array.from({ length: LENGTH * length }, () => (random() < 0.5 ? -1 : 1))
  known.set(key, signs)
  return signs
}
