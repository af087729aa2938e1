import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Card, createFits, type Image, imageInfo, loadImage, type Samples, writeFits } from '../src/index.ts'
import { python, temporaryFolder } from './astropy.ts'

interface Read {
  shape: number[]
  type: string
  cards: Record<string, unknown>
  history: string[]
  data: (number | null)[]
}

const folder = temporaryFolder()
const [width, height] = [37, 11]
const count = width * height
const { NaN: BLANK } = Number

const rising = (from: number, step: number) => Array.from({ length: count }, (_, i) => from + i * step)
const kinds: [string, string, Samples][] = [
  ['bytes', 'u1', Uint8Array.from(rising(0, 1), (value) => value & 255)],
  ['signed', 'i2', Int16Array.from(rising(-32768, 161))],
  ['unsigned', 'u2', Uint16Array.from(rising(0, 161))],
  ['long', 'i4', Int32Array.from(rising(-2147483648, 10_000_000))],
  ['single', 'f4', Float32Array.from([BLANK, ...rising(-1.5, 0.37).slice(1)])],
  ['double', 'f8', Float64Array.from([BLANK, ...rising(-1e100, 1.7e98).slice(1)])],
]

// On one card: of longer texts this release of astropy loses what stands between quotes, of its own ones too.
const quotes = `it's ${"'words' of others, ".repeat(2)}end`
const long = 'all that is seen through this camera, '.repeat(7)
const cards: Card[] = [
  { keyword: 'OBJECT', value: "it's a door", comment: 'what is seen' },
  { keyword: 'EXPTIME', value: 0.0125, comment: 'seconds' },
  { keyword: 'TINY', value: 1.25e-7 },
  { keyword: 'HUGE', value: 1e21 },
  { keyword: 'COUNT', value: -7 },
  { keyword: 'OPEN', value: true },
  { keyword: 'LONGTEXT', value: long, comment: 'and words on it' },
  { keyword: 'QUOTES', value: quotes },
  { keyword: 'AJAR DEVICE NAME', value: 'garage' },
  { keyword: 'AJAR NOTE', value: long },
  { keyword: 'UMLAUT', value: 'Tür' },
  { keyword: 'HISTORY', value: null, comment: 'a-step.'.repeat(20) },
  // How the data lies is told by the writer alone.
  { keyword: 'BITPIX', value: 64 },
  { keyword: 'NAXIS1', value: 9 },
  { keyword: 'BSCALE', value: 4 },
  { keyword: 'BLANK', value: 3 },
]

async function judged(images: [string, Image][]): Promise<Read[]> {
  const paths = images.map(([name]) => [join(folder, `${name}.fits`)])
  for (const [i, [, image]] of images.entries()) await writeFits((paths[i] as [string])[0], image, cards)
  return JSON.parse(python('judge.py', 'read', JSON.stringify(paths)))
}

const seen = (samples: Samples) => Array.from(samples, (value) => (Number.isNaN(value) ? null : value))

test('what is written is read by astropy, sample for sample and card for card', async () => {
  const images = kinds.flatMap(([name, , samples]): [string, Image][] => [
    [name, { width, height, planes: 1, samples }],
    [`${name}-colour`, { width, height, planes: 3, samples: tripled(samples) }],
  ])
  const read = await judged(images)
  for (const [i, [, { planes, samples }]] of images.entries()) {
    const { shape, type, cards: found, history, data } = read[i] as Read
    expect(shape).toEqual(planes === 1 ? [height, width] : [3, height, width])
    expect(type).toBe(kinds[i >> 1]?.[1])
    expect(data).toEqual(seen(samples))
    expect(found).toMatchObject({
      ROWORDER: 'TOP-DOWN',
      OBJECT: "it's a door",
      EXPTIME: 0.0125,
      TINY: 1.25e-7,
      HUGE: 1e21,
      COUNT: -7,
      OPEN: true,
      LONGTEXT: long.trimEnd(),
      QUOTES: quotes,
      'AJAR DEVICE NAME': 'garage',
      UMLAUT: 'T?r',
      NAXIS1: width,
    })
    expect(history.join('')).toBe('a-step.'.repeat(20))
    expect(found).not.toHaveProperty('BLANK')
  }
})

test('what is written is read by us as it was, by rows too', async () => {
  for (const [name, , samples] of kinds) {
    const path = join(folder, `${name}-rows.fits`)
    const all = tripled(samples)
    const writer = await createFits(path, { width, height, planes: 3 }, typeOf(samples), cards)
    // Out of order: each part has its place.
    for (const [from, to] of [
      [4, 9],
      [0, 4],
      [9, height],
    ] as const)
      await writer.write(from, part(all, from, to))
    await writer.close()
    const image = await loadImage(path)
    expect(image).toEqual({ width, height, planes: 3, samples: all })
  }
})

test('a long text full of quotes comes back', async () => {
  const text = `it's ${"''".repeat(70)} so ${"'".repeat(31)} & `
  const path = join(folder, 'quotes.fits')
  const image = { width: 1, height: 1, planes: 1, samples: Uint8Array.of(7) }
  for (let length = 0; length < text.length; length++) {
    const value = text.slice(length).trimEnd()
    await writeFits(path, image, [{ keyword: 'QUOTES', value, comment: 'said' }])
    expect((await imageInfo(path)).cards.find(({ keyword }) => keyword === 'QUOTES')?.value).toBe(value)
  }
})

test('a picture that is no multiple of the block is padded with zeros, and nothing is left of a longer file', async () => {
  const path = join(folder, 'padded.fits')
  const big = { width: 400, height: 400, planes: 1, samples: new Float64Array(160_000) }
  await writeFits(path, big)
  await writeFits(path, { width: 1, height: 1, planes: 1, samples: Uint8Array.of(7) })
  const { readFileSync } = await import('node:fs')
  const bytes = readFileSync(path)
  expect(bytes.length).toBe(2 * 2880)
  expect([...bytes.subarray(2880)]).toEqual([7, ...new Array(2879).fill(0)])
})

test('what is no number is refused by name', async () => {
  const image = { width: 1, height: 1, planes: 1, samples: Uint8Array.of(7) }
  const write = writeFits(join(folder, 'no.fits'), image, [{ keyword: 'EXPTIME', value: Number.NaN }])
  await expect(write).rejects.toThrow('EXPTIME')
})

function tripled<T extends Samples>(samples: T): T {
  const all = new (samples.constructor as Uint8ArrayConstructor)(samples.length * 3)
  for (let plane = 0; plane < 3; plane++) all.set(samples.map((value) => value).reverse(), plane * samples.length)
  all.set(samples)
  return all as unknown as T
}

function part(all: Samples, from: number, to: number): Samples {
  const out = new (all.constructor as Uint8ArrayConstructor)((to - from) * width * 3)
  for (let plane = 0; plane < 3; plane++)
    out.set(all.subarray((plane * height + from) * width, (plane * height + to) * width), plane * (to - from) * width)
  return out
}

function typeOf(samples: Samples) {
  const types = {
    Uint8Array: 'u8',
    Int16Array: 'i16',
    Uint16Array: 'u16',
    Int32Array: 'i32',
    Float32Array: 'f32',
  } as const
  return types[samples.constructor.name as keyof typeof types] ?? 'f64'
}
