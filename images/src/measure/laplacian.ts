import type { Image } from '../image.ts'
import { moments, spreadInPlace, TO_SIGMA } from './ranks.ts'

/** So much wider than the samples' own noise is that of their Laplacian: the root of 4² + 4 * 1². */
const GAIN = Math.sqrt(20)

/**
 * How much each pixel that is not at the edge differs from its four neighbours: their sum less four times the pixel.
 * What is smooth is gone, noise and sharp edges are left. Blank where a pixel or a neighbour is.
 */
export function laplacian({ width, height, samples }: Image): Float32Array | Float64Array {
  const [columns, lines] = [Math.max(width - 2, 0), Math.max(height - 2, 0)]
  const isLong = samples instanceof Float64Array || samples instanceof Int32Array
  const out = isLong ? new Float64Array(columns * lines) : new Float32Array(columns * lines)
  for (let y = 1, to = 0; y <= lines; y++)
    for (let x = 1, at = y * width + 1; x <= columns; x++, at++, to++)
      out[to] =
        (samples[at - 1] as number) +
        (samples[at + 1] as number) +
        (samples[at - width] as number) +
        (samples[at + width] as number) -
        4 * (samples[at] as number)
  return out
}

/**
 * Standard deviation of the samples' noise: most pixels lie in smooth parts, and edges do not change a median. It is the last
 * that can be asked: the Laplacian is used up.
 */
export function noiseIn(laplacian: Float32Array | Float64Array): number {
  return (TO_SIGMA * spreadInPlace(laplacian)) / GAIN
}

/** The variance of the Laplacian: falls where a lens fogs or loses its focus. */
export function sharpnessIn(laplacian: Float32Array | Float64Array): number {
  return moments(laplacian).deviation ** 2
}
