import type { Image, ImageReader, Samples } from '@ajar/images'
import { expect, test } from 'vitest'
import { medianOfPictures } from '../../src/datasessions/arithmetic/median.ts'
import type { Picture, SampleType } from '../../src/datasessions/arithmetic/pictures.ts'
import { inTurn } from '../../src/datasessions/arithmetic/read-ahead.ts'
import { stackOfPictures } from '../../src/datasessions/arithmetic/stack.ts'
import { wider } from '../../src/datasessions/arithmetic/survey.ts'

/** Combining pictures: alike however much memory there is, and no more of it than that. */

const SHAPE = { width: 13, height: 17, planes: 3 }
const LENGTH = SHAPE.width * SHAPE.height * SHAPE.planes

test.each(['u8', 'i16', 'u16', 'i32', 'f32', 'f64'] as const)(
  'medians of %s are alike in bands of any size',
  async (type) => {
    for (const count of [2, 3, 40, 41]) {
      const pictures = Array.from({ length: count }, (_, i) => madeUp(`${i}`, type, noise(type, i)))
      const whole = await medianOfPictures(pictures)
      expect(whole.samples).toEqual(
        sortedMedians(
          pictures.map(({ image }) => image.samples),
          whole.samples,
        ),
      )
      // Many bands, and for 8-bit samples few enough of them that counting takes fewer.
      for (const memoryBytes of [5000, 12_000, 17_000]) {
        const banded = await medianOfPictures(pictures, { memoryBytes: Math.max(memoryBytes, count * 13 * 3 * 8) })
        expect(banded.samples).toEqual(whole.samples)
      }
    }
  },
)

test('sums and means are alike in bands of any size', async () => {
  for (const type of ['u8', 'f32'] as const) {
    const pictures = Array.from({ length: 9 }, (_, i) => madeUp(`${i}`, type, noise(type, i)))
    for (const method of ['sum', 'mean'] as const) {
      const whole = await stackOfPictures(pictures, { method })
      const banded = await stackOfPictures(pictures, { method, memoryBytes: 1500 })
      expect(banded.samples).toEqual(whole.samples)
    }
  }
})

test('sums of many pictures are exact, whatever types come after one another and however samples stand', async () => {
  const types: SampleType[] = ['u8', 'u8', 'u16', 'i16', 'u8', 'f32', 'u16', 'i32', 'f64', 'u8']
  for (const count of [1, 3, 5, 259, 700]) {
    // Full bytes would overflow soonest.
    const bright = Array.from({ length: count }, (_, i) => madeUp(`${i}`, 'u8', new Uint8Array(LENGTH).fill(255)))
    const { samples } = await stackOfPictures(bright.map(inPixels), { method: 'sum' })
    expect(samples).toEqual(new Float32Array(LENGTH).fill(255 * count))
    const mixed = Array.from({ length: count }, (_, i) => {
      const type = types[Math.floor((i * types.length) / count)] as SampleType
      return madeUp(`${i}`, type, noise(type, i))
    })
    for (const pictures of [mixed, mixed.map((picture, i) => (i % 3 ? picture : inPixels(picture)))])
      expect([...(await stackOfPictures(pictures, { method: 'sum' })).samples]).toEqual(summed(mixed))
  }
})

test('8-bit pictures that do not fit are decoded twice, and a picture at a time is all that is held', async () => {
  const pictures = Array.from({ length: 200 }, (_, i) => madeUp(`${i}`, 'u8', noise('u8', i)))
  const memoryBytes = LENGTH * 80
  expect(pictures.length * LENGTH).toBeGreaterThan(2 * memoryBytes)
  const { samples } = await medianOfPictures(pictures, { memoryBytes })
  expect(samples).toEqual(
    sortedMedians(
      pictures.map(({ image }) => image.samples),
      samples,
    ),
  )
  expect(new Set(pictures.map(({ reads }) => reads.length))).toEqual(new Set([2]))
})

test('others are read in bands, each row once', async () => {
  const pictures = Array.from({ length: 50 }, (_, i) => madeUp(`${i}`, 'f32', noise('f32', i)))
  const memoryBytes = (pictures.length * LENGTH * 4) / 4
  await medianOfPictures(pictures, { memoryBytes })
  for (const { reads } of pictures) {
    expect(reads.every(([from, to]) => (to - from) * SHAPE.width * SHAPE.planes * 4 * 50 <= memoryBytes)).toBe(true)
    expect(reads.map(([from, to]) => to - from).reduce((a, b) => a + b)).toBe(SHAPE.height)
  }
})

test('sizes that differ are told with the names of both', async () => {
  const grey = { width: 4, height: 3, planes: 1 }
  const pictures = [madeUp('a', 'u8', new Uint8Array(LENGTH)), madeUp('b', 'u8', new Uint8Array(12), grey)]
  const told = 'a is 13x17 in colour and b is 4x3 in grey: all files must be of one size.'
  await expect(medianOfPictures(pictures)).rejects.toThrow(told)
  await expect(stackOfPictures(pictures, { method: 'sum' })).rejects.toMatchObject({
    code: 'sizes_differ',
    fault: 'caller',
  })
})

test('a row of all that takes more memory than there is is refused', async () => {
  const pictures = [madeUp('a', 'f64', noise('f64', 1)), madeUp('b', 'f64', noise('f64', 2))]
  await expect(medianOfPictures(pictures, { memoryBytes: 100 })).rejects.toMatchObject({ code: 'too_large' })
})

test('pictures of several types are combined in one that holds all', async () => {
  const small = { width: 2, height: 1, planes: 1 }
  const pictures = [
    madeUp('a', 'u8', Uint8Array.of(255, 1), small),
    madeUp('b', 'i16', Int16Array.of(-300, 2), small),
    madeUp('c', 'f32', Float32Array.of(0.5, Number.NaN), small),
  ]
  const { samples, of } = await medianOfPictures(pictures)
  expect([...samples, of]).toEqual([0.5, 1.5, 'f32'])
  expect(wider('u8', 'u16')).toBe('u16')
  expect(wider('i16', 'u16')).toBe('i32')
  expect(wider('i32', 'f32')).toBe('f64')
})

test('progress rises to the whole', async () => {
  const pictures = Array.from({ length: 90 }, (_, i) => madeUp(`${i}`, 'u8', noise('u8', i)))
  for (const memoryBytes of [undefined, 13 * 3 * 90 * 2, LENGTH * 71]) {
    const seen: number[] = []
    const report = (fraction: number) => void seen.push(fraction)
    await medianOfPictures(pictures, { report, ...(memoryBytes && { memoryBytes }) })
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen.at(-1)).toBeCloseTo(1)
  }
})

test('what comes of several at once is taken in turn, and an error waits for those that were begun', async () => {
  let [under, most] = [0, 0]
  const begin = async (ms: number) => {
    most = Math.max(most, ++under)
    await new Promise((resolve) => setTimeout(resolve, ms))
    under--
    return ms
  }
  const taken: number[] = []
  await inTurn([9, 1, 5, 1, 3], begin, (ms) => void taken.push(ms), 3)
  expect(taken).toEqual([9, 1, 5, 1, 3])
  expect(most).toBe(3)
  const refused = inTurn([1, 9, 9, 9], begin, () => Promise.reject(new Error('no')), 3)
  await expect(refused).rejects.toThrow('no')
  expect(under).toBe(0)
})

/** One after the other, blank ones left out; rounded as the result is. */
function summed(pictures: MadeUp[]): number[] {
  const isDouble = pictures.some(
    ({ image: { samples } }) => samples instanceof Int32Array || samples instanceof Float64Array,
  )
  return Array.from({ length: LENGTH }, (_, at) => {
    const present = pictures.map(({ image }) => image.samples[at] as number).filter((sample) => !Number.isNaN(sample))
    const sum = present.length ? present.reduce((a, b) => a + b, 0) : Number.NaN
    return isDouble ? sum : Math.fround(sum)
  })
}

/** As a decoder gives it. */
function inPixels(picture: MadeUp): Picture {
  const pixels = async (from: number, to: number) => {
    const planes = await (await picture.open()).rows(from, to)
    const length = planes.length / SHAPE.planes
    return planes.map((_, i) => planes[(i % SHAPE.planes) * length + Math.floor(i / SHAPE.planes)] as number)
  }
  return { ...picture, open: async () => ({ ...(await picture.open()), pixels }) }
}

interface MadeUp extends Picture {
  image: Image
  /** Which rows were asked for. */
  reads: [from: number, to: number][]
}

function madeUp(name: string, sampleType: SampleType, samples: Samples, shape = SHAPE): MadeUp {
  const image = { ...shape, samples }
  const reads: [number, number][] = []
  const rows = async (from: number, to: number) => {
    reads.push([from, to])
    const [start, end] = [from * shape.width, to * shape.width]
    const plane = shape.width * shape.height
    const part = samples.slice(0, shape.planes * (end - start))
    for (let i = 0; i < shape.planes; i++)
      part.set(samples.subarray(i * plane + start, i * plane + end), i * (end - start))
    return part
  }
  const reader: ImageReader = { ...shape, sampleType, cards: [], rows, close: async () => {} }
  return { name, image, reads, open: async () => reader, load: async () => image }
}

const ARRAYS = {
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
}

/** Few values here, many there; blank ones, and a place where all are. */
function noise(type: SampleType, seed: number): Samples {
  let state = seed + 1
  const samples = new ARRAYS[type](LENGTH)
  for (let at = 0; at < LENGTH; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const value = at % 3 === 0 ? (state >>> 24) % 5 : (state >>> 8) / 997
    const isBlank = type.startsWith('f') && (at === 5 || state >>> 30 === 0)
    samples[at] = isBlank ? Number.NaN : value
  }
  return samples
}

/** By sorting. */
function sortedMedians(all: Samples[], like: Samples): Samples {
  return like.map((_, at) => {
    const sorted = all
      .map((samples) => samples[at] as number)
      .filter((value) => !Number.isNaN(value))
      .sort((a, b) => a - b)
    const [lower, upper] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
    return lower === undefined || upper === undefined ? Number.NaN : (lower + upper) / 2
  })
}
