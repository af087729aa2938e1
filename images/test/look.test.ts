import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  basenameOf,
  type Card,
  downscaled,
  histogram,
  type Image,
  lineProfile,
  type Samples,
  separation,
  wcsOf,
  writeFits,
  zscale,
} from '../src/index.ts'
import { python, temporaryFolder } from './astropy.ts'

const folder = temporaryFolder()

/** The same numbers each time (mulberry32). */
function randomOf(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function sky<T extends Samples>(
  kind: { from(of: ArrayLike<number>): T },
  width: number,
  height: number,
  seed: number,
): Image {
  const random = randomOf(seed)
  const values = Array.from({ length: width * height }, (_, i) => {
    const noise = random() + random() + random() + random() - 2
    return Math.max(0, 300 + (i % width) * 0.2 + noise * 20 + (random() < 0.01 ? random() * 30_000 : 0))
  })
  return { width, height, planes: 1, samples: kind.from(values) }
}

const constant = (value: number): Image => ({
  width: 20,
  height: 10,
  planes: 1,
  samples: new Float32Array(200).fill(value),
})
const holed = sky(Float32Array, 80, 60, 5)
for (let i = 0; i < holed.samples.length; i += 7) holed.samples[i] = Number.NaN
const bytes = sky(Float64Array, 90, 70, 8)
bytes.samples = Uint8Array.from(bytes.samples, (value) => Math.min(255, value / 3))

const pictures: Record<string, Image> = {
  'unsigned 16-bit': sky(Uint16Array, 320, 240, 1),
  'signed 16-bit': sky(Int16Array, 51, 33, 2),
  'floating point': sky(Float32Array, 640, 480, 3),
  'double precision': sky(Float64Array, 123, 77, 4),
  'blank samples': holed,
  bytes,
  'all of one value': constant(7),
  small: sky(Float32Array, 3, 2, 6),
  tiny: sky(Float32Array, 1, 1, 7),
  'a ramp': { width: 100, height: 50, planes: 1, samples: Float64Array.from({ length: 5000 }, (_, i) => i) },
}

const written = Promise.all(
  Object.entries(pictures).map(async ([name, image]) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.fits`)
    await writeFits(path, image)
    return { path, image }
  }),
)

async function judged<T>(what: string, asked: (path: string) => unknown[]): Promise<{ image: Image; judgement: T }[]> {
  const files = await written
  const judgements: T[] = JSON.parse(python('judge.py', what, JSON.stringify(files.map(({ path }) => asked(path)))))
  return files.map(({ image }, i) => ({ image, judgement: judgements[i] as T }))
}

const near = (ours: number, theirs: number, share: number) =>
  expect(Math.abs(ours - theirs), `${ours} and ${theirs}`).toBeLessThanOrEqual(Math.max(1, Math.abs(theirs)) * share)

test("zscale finds the limits of astropy's ZScaleInterval", async () => {
  for (const { image, judgement } of await judged<[number, number]>('zscale', (path) => [path])) {
    const { zmin, zmax } = zscale(image)
    near(zmin, judgement[0], 1e-6)
    near(zmax, judgement[1], 1e-6)
  }
})

test('zscale of blanks alone is no error', () => {
  expect(zscale(constant(Number.NaN))).toEqual({ zmin: 0, zmax: 0 })
})

test.each([
  ['along a row', 0, 5, 49, 5],
  ['down a column', 7.5, 0, 7.5, 30],
  ['across', 1.25, 2.75, 44.1, 30.9],
  ['backwards', 40, 30, 3, 1],
  ['a point', 4.5, 6.25, 4.5, 6.25],
  ['to the corners', 0, 0, 50, 32],
  ['outside of the picture', -5, -3, 70, 50],
])('a line profile %s is as numpy has it', async (_name, x1, y1, x2, y2) => {
  const asked = await judged<(number | null)[]>('line_profile', (path) =>
    path.includes('blank') ? [path.replace('blank-samples', 'bytes'), 0, 0, 1, 1] : [path, x1, y1, x2, y2],
  )
  for (const { image, judgement } of asked) {
    if (image === holed) continue
    const ours = lineProfile(image, x1, y1, x2, y2)
    expect(ours.length).toBe(judgement.length)
    for (const [i, value] of judgement.entries()) near(ours[i] as number, value as number, 1e-5)
  }
})

test('a line profile along blank samples is blank there alone', () => {
  const image = { width: 4, height: 1, planes: 1, samples: Float32Array.of(1, 2, Number.NaN, 4) }
  expect([...lineProfile(image, 0, 0, 3, 0)]).toEqual([1, 2, Number.NaN, 4])
})

test('a line without ends, or without an end, is refused', () => {
  const image = constant(1)
  for (const x2 of [Number.NaN, Number.POSITIVE_INFINITY, 1e12])
    expect(() => lineProfile(image, 0, 0, x2, 5)).toThrow(RangeError)
})

test('a histogram is as numpy has it', async () => {
  const judgements = await judged<{ counts: number[]; edges: number[] }>('histogram', (path) => [path, 32])
  for (const { image, judgement } of judgements) {
    const { counts, edges } = histogram(image, 32)
    expect(counts).toEqual(judgement.counts)
    for (const [i, edge] of judgement.edges.entries()) near(edges[i] as number, edge, 1e-12)
  }
})

const plane = { CTYPE1: 'RA---TAN', CTYPE2: 'DEC--TAN', CRPIX1: 512.5, CRPIX2: 400.25 }
test.each<[string, Record<string, string | number>]>([
  ['CD', { ...plane, CRVAL1: 83.6, CRVAL2: 22.01, CD1_1: -1e-4, CD1_2: 2e-5, CD2_1: 2.1e-5, CD2_2: 1.02e-4 }],
  [
    'PC',
    {
      ...plane,
      CRVAL1: 0.001,
      CRVAL2: -45,
      CDELT1: -3e-4,
      CDELT2: 3e-4,
      PC1_1: 0.8,
      PC1_2: -0.6,
      PC2_1: 0.6,
      PC2_2: 0.8,
    },
  ],
  ['CROTA2', { ...plane, CRVAL1: 359.99, CRVAL2: 5, CDELT1: -3e-4, CDELT2: 2.9e-4, CROTA2: 33 }],
  ['CDELT alone', { ...plane, CRVAL1: 10, CRVAL2: 0, CDELT1: -1e-3, CDELT2: 1e-3 }],
  ['near the pole', { ...plane, CRVAL1: 120, CRVAL2: 89.98, CD1_1: -1e-4, CD1_2: 0, CD2_1: 0, CD2_2: 1e-4 }],
])('where pixels stand in the sky is as astropy has it: %s', (_name, header) => {
  const pixels: [number, number][] = [
    [10, 20],
    [900.5, 700.25],
    [511.5, 399.25],
    [0, 0],
  ]
  const [sky] = JSON.parse(python('judge.py', 'sky', JSON.stringify([[header, pixels]])))
  const wcs = wcsOf(Object.entries(header).map(([keyword, value]): Card => ({ keyword, value })))
  for (const [i, [x, y]] of pixels.entries()) {
    const place = wcs?.toSky(x, y) as [number, number]
    near(place[0], sky.places[i][0], 1e-10)
    near(place[1], sky.places[i][1], 1e-10)
    const back = wcs?.toPixel(...place) as [number, number]
    near(back[0], x, 1e-7)
    near(back[1], y, 1e-7)
  }
  const [first, second] = sky.places
  const { arcsec, positionAngle } = separation(first, second)
  near(arcsec, sky.arcsec, 1e-9)
  near(positionAngle, sky.angle, 1e-8)
})

test('a header without a place in the sky has none', () => {
  expect(wcsOf([])).toBeUndefined()
  const turned = { ...plane, CRVAL1: 0, CRVAL2: 0, CDELT1: 1, CDELT2: 1, LONPOLE: 90 }
  expect(wcsOf(Object.entries(turned).map(([keyword, value]) => ({ keyword, value })))).toBeUndefined()
  expect(wcsOf([{ keyword: 'CTYPE1', value: 'GLON-CAR' }])).toBeUndefined()
})

test('a smaller picture has the means of the larger one, blank samples left out', () => {
  const image = { width: 4, height: 2, planes: 1, samples: Float32Array.of(1, 3, 5, Number.NaN, 5, 7, 9, 13) }
  expect(downscaled(image, 2)).toEqual({ width: 2, height: 1, planes: 1, samples: Float32Array.of(4, 9) })
  expect(downscaled(image, 4)).toBe(image)
  const colour = sky(Uint16Array, 300, 40, 9)
  colour.planes = 1
  expect(downscaled(colour, 100)).toMatchObject({ width: 100, height: 13, planes: 1 })
})

test.each([
  ['porch.fits', 'porch'],
  ['/archive/night 3/porch.fit', 'porch'],
  ['porch-e91.fits.fz', 'porch-e91'],
  ['porch.FTS.gz', 'porch'],
  ['a.b.fits', 'a.b'],
  ['porch.gz', 'porch.gz'],
  ['porch_door_1700000000000', 'porch_door_1700000000000'],
])('%s is called %s', (file, name) => expect(basenameOf(file)).toBe(name))
