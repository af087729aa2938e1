import type { Samples } from '../../image.ts'

const RANDOM_COUNT = 10_000

/** In the method 2, this stands for a sample that was exactly zero (FITS 4.0, 10.2.1). */
const EXACT_ZERO = -2147483646

export type Dither = 'NO_DITHER' | 'SUBTRACTIVE_DITHER_1' | 'SUBTRACTIVE_DITHER_2'

export interface Quantum {
  scale: number
  zero: number
  blank: number | null
  dither: Dither
  /** ZDITHER0, from 1. */
  seed: number
}

let random: Float32Array | undefined

/** The sequence of FITS 4.0, Appendix I: its last seed is 1043618065. */
export function randomSequence(): Float32Array {
  if (random) return random
  random = new Float32Array(RANDOM_COUNT)
  let seed = 1
  for (let i = 0; i < RANDOM_COUNT; i++) {
    seed = (seed * 16807) % 2147483647
    random[i] = seed / 2147483647
  }
  return random
}

/**
 * Floating point out of whole numbers that it was rounded to, a tile's (FITS 4.0, 10.2).
 * @param tile counted from 0
 */
export function dequantise(whole: ArrayLike<number>, out: Samples, tile: number, quantum: Quantum) {
  const { scale, zero, blank, dither, seed } = quantum
  if (dither === 'NO_DITHER') {
    for (let i = 0; i < whole.length; i++)
      out[i] = whole[i] === blank ? Number.NaN : (whole[i] as number) * scale + zero
    return
  }
  const sequence = randomSequence()
  const exactZero = dither === 'SUBTRACTIVE_DITHER_2' ? EXACT_ZERO : null
  let start = (((tile + seed - 1) % RANDOM_COUNT) + RANDOM_COUNT) % RANDOM_COUNT
  let next = Math.trunc((sequence[start] as number) * 500)
  for (let i = 0; i < whole.length; i++) {
    const value = whole[i] as number
    if (value === blank) out[i] = Number.NaN
    else if (value === exactZero) out[i] = 0
    else out[i] = (value - (sequence[next] as number) + 0.5) * scale + zero
    if (++next === RANDOM_COUNT) {
      start = (start + 1) % RANDOM_COUNT
      next = Math.trunc((sequence[start] as number) * 500)
    }
  }
}
