import { median, medianDistance, quantile } from '@ajar/images'
import { expect, test } from 'vitest'
import { chance, noise } from './pictures.ts'

/** By sorting all. */
function sorted(values: ArrayLike<number>): number {
  const all = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort()
  return ((all[(all.length - 1) >> 1] as number) + (all[all.length >> 1] as number)) / 2
}

/** The value at a part of all, sorted: between two of them where it falls there. */
function between(values: ArrayLike<number>, part: number): number {
  const all = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort()
  const at = (all.length - 1) * part
  const [lower, upper] = [all[Math.floor(at)] as number, all[Math.ceil(at)] as number]
  return lower === upper ? lower : lower * (1 - (at % 1)) + upper * (at % 1)
}

const random = chance(4)
const cases: Record<
  string,
  (length: number) => Float32Array | Float64Array | Uint8Array | Int16Array | Uint16Array | Int32Array
> = {
  'a bell': (length) => Float32Array.from({ length }, () => noise(random, 3)),
  bytes: (length) => Uint8Array.from({ length }, () => 256 * random()),
  'words of 16 bits': (length) => Int16Array.from({ length }, () => 3000 * (random() - 0.7)),
  'words without a sign': (length) => Uint16Array.from({ length }, () => 65_536 * random()),
  'one far away': (length) => Float64Array.from({ length }, (_, i) => (i === 7 ? 1e300 : random())),
  'far negative numbers': (length) => Int32Array.from({ length }, () => -(2 ** 31) + 2 ** 30 * random()),
  'two levels': (length) => Float32Array.from({ length }, (_, i) => i % 2),
  'all alike': (length) => Float32Array.from({ length }, () => 0.1),
  'blanks and infinity': (length) =>
    Float32Array.from({ length }, (_, i) =>
      i % 5 === 0 ? Number.NaN : i % 1000 === 1 ? Number.POSITIVE_INFINITY : random(),
    ),
}

test.each(Object.keys(cases))('the median of %s is that of all of them, sorted', (name) => {
  for (const length of [1, 2, 5, 1000, 20_000, 20_001, 50_002]) {
    const values = cases[name]?.(length) ?? new Float32Array()
    const before = values.slice()
    expect(median(values)).toBe(sorted(values))
    const centre = sorted(values)
    if (Number.isFinite(centre)) {
      const away = Float64Array.from(values, (value) => Math.abs(value - centre))
      const rounded = values.BYTES_PER_ELEMENT < 4 || values instanceof Float32Array ? Float32Array.from(away) : away
      expect(medianDistance(values, centre)).toBe(sorted(rounded))
    }
    for (const part of [0, 0.25, 0.5, 0.9]) {
      const expected = between(values, part)
      if (Number.isFinite(expected)) expect(quantile(values, part)).toBeCloseTo(expected, 6)
    }
    expect(values).toEqual(before)
  }
  expect(median(new Float32Array([Number.NaN]))).toBeNaN()
  expect(quantile(new Float32Array([Number.NaN]), 0.5)).toBeNaN()
})
