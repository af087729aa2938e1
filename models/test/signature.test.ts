import { expect, test } from 'vitest'
import { signatureDistance, signatureOf } from '../src/index.ts'
import { randomStream } from '../src/random.ts'

const CHANNELS = 64

/** Features as a backbone gives them: not negative, many of them 0. */
function features(random: () => number): Float32Array {
  return Float32Array.from({ length: 16 * CHANNELS }, () => Math.max(6 * random() - 3, 0))
}

/** 1 - cosine of the means of roots, which the signatures stand for. */
function distance(a: Float32Array, b: Float32Array): number {
  const [x, y] = [a, b].map((one) => {
    const sums = new Float64Array(CHANNELS)
    one.forEach((value, i) => {
      sums[i % CHANNELS] = (sums[i % CHANNELS] as number) + Math.sqrt(value)
    })
    return sums
  }) as [Float64Array, Float64Array]
  const dot = (p: Float64Array, q: Float64Array) => p.reduce((sum, value, i) => sum + value * (q[i] as number), 0)
  return 1 - dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))
}

test('a signature has 32 bytes, is the same for the same frame, and far from nothing', () => {
  const one = features(randomStream(1))
  expect(signatureOf(one)).toHaveLength(32)
  expect(signatureOf(one)).toEqual(signatureOf(one.slice()))
  expect(signatureDistance(signatureOf(one), signatureOf(one))).toBe(0)
  expect(signatureDistance(signatureOf(one), signatureOf(new Float32Array(one.length)))).toBe(1)
})

test('distances of signatures are about those of the frames', () => {
  const random = randomStream(2)
  const first = features(random)
  for (const share of [0.05, 0.2, 0.5, 1]) {
    const ratios = Array.from({ length: 40 }, () => {
      const other = features(random)
      const mixed = first.map((value, i) => (1 - share) * value + share * (other[i] as number))
      return signatureDistance(signatureOf(first), signatureOf(mixed)) / distance(first, mixed)
    })
    const middle = ratios.toSorted((a, b) => a - b)[20] as number
    expect(middle, `share ${share}`).toBeGreaterThan(0.6)
    expect(middle, `share ${share}`).toBeLessThan(1.6)
  }
})
