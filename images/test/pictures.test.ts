import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import {
  type Image,
  imageInfo,
  loadImage,
  openImage,
  type Samples,
  toJpeg,
  toPng,
  toTiff,
  writeFits,
} from '../src/index.ts'
import { temporaryFolder } from './astropy.ts'
import { tiff } from './tiff.ts'

const folder = temporaryFolder()
const [width, height] = [6, 4]
const count = width * height

/** Pixels side by side as planes one after the other. */
function planesOf<T extends Samples>(pixels: T): T {
  const planes = pixels.slice() as T
  for (let i = 0; i < pixels.length; i++) planes[(i % 3) * count + Math.floor(i / 3)] = pixels[i] as number
  return planes
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) % 251)
const words = (length: number) => Uint16Array.from({ length }, (_, i) => (i * 3701) % 65_521)
const floats = (length: number) => Float32Array.from({ length }, (_, i) => (i === 3 ? Number.NaN : i * 1000.5 - 4000))
const raw = (pixels: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4) =>
  sharp(pixels, { raw: { width, height, channels } })

test.each<[string, () => Promise<Buffer> | Buffer, Samples]>([
  ['a grey PNG', () => raw(bytes(count), 1).toColourspace('b-w').png().toBuffer(), bytes(count)],
  [
    'a PNG of colours',
    () =>
      raw(bytes(count * 3), 3)
        .png()
        .toBuffer(),
    planesOf(bytes(count * 3)),
  ],
  ['a grey PNG of 16 bits', () => raw(words(count), 1).toColourspace('grey16').png().toBuffer(), words(count)],
  [
    'a PNG of 16 bits',
    () =>
      raw(words(count * 3), 3)
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
    planesOf(words(count * 3)),
  ],
  [
    'a PNG of a palette',
    () =>
      raw(new Uint8Array(count * 3).fill(7), 3)
        .png({ palette: true })
        .toBuffer(),
    new Uint8Array(count * 3).fill(7),
  ],
  ['a TIFF', () => tiff(bytes(count * 3), width, height, 3), planesOf(bytes(count * 3))],
  ['a grey TIFF of 16 bits', () => tiff(words(count), width, height, 1), words(count)],
  ['a TIFF of 16 bits', () => tiff(words(count * 3), width, height, 3), planesOf(words(count * 3))],
  [
    'a TIFF of 32 bits',
    () =>
      tiff(
        Int32Array.from(words(count), (value) => -value * 9),
        width,
        height,
        1,
      ),
    Int32Array.from(words(count), (value) => -value * 9),
  ],
  ['a grey TIFF of floats', () => tiff(floats(count), width, height, 1), floats(count)],
  ['a TIFF of floats', () => tiff(floats(count * 3), width, height, 3), planesOf(floats(count * 3))],
])('%s keeps its numbers', async (_name, encoded, samples) => {
  const planes = samples.length / count
  const file = await encoded()
  expect(await loadImage(file)).toEqual({ width, height, planes, samples })
  const path = join(folder, 'picture')
  writeFileSync(path, file)
  expect(await imageInfo(path)).toMatchObject({ width, height, planes, cards: [] })
  const reader = await openImage(path)
  const rows = await reader.rows(1, 3)
  for (let plane = 0; plane < planes; plane++)
    expect(rows.subarray(plane * 2 * width, (plane + 1) * 2 * width)).toEqual(
      samples.subarray(plane * count + width, plane * count + 3 * width),
    )
  await expect(reader.rows(2, 5)).rejects.toThrow(RangeError)
  await reader.close()
})

test.each([
  ['with a sign', Int16Array],
  ['of 8 bytes', Float64Array],
])('a TIFF with samples %s is refused, not changed', async (_name, Kind) => {
  await expect(loadImage(tiff(new Kind(count), width, height, 1))).rejects.toMatchObject({ code: 'not_supported' })
})

test('what is transparent is left out', async () => {
  const file = await raw(bytes(count * 4), 4)
    .png()
    .toBuffer()
  const { planes, samples } = await loadImage(file)
  expect([planes, samples[0], samples[count], samples[1]]).toEqual([3, 0, 37, 148])
})

test('a JPEG is turned as its EXIF says', async () => {
  const halves = Uint8Array.from({ length: count }, (_, i) => (i % width < width / 2 ? 0 : 255))
  const file = await raw(halves, 1)
    .toColourspace('b-w')
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100 })
    .toBuffer()
  expect(await imageInfo(file)).toMatchObject({ kind: 'jpeg', width: height, height: width })
  const { width: turned, samples } = await loadImage(file)
  // Turned to the right: what was left is on top.
  expect([turned, samples[0], samples.at(-1)]).toEqual([height, 0, 255])
})

const grey: Image = { width: 200, height: 100, planes: 1, samples: Float32Array.from({ length: 20_000 }, (_, i) => i) }
grey.samples[0] = Number.NaN

test.each([
  ['JPEG', toJpeg, 'jpeg'],
  ['PNG', toPng, 'png'],
] as const)('a %s is made of any samples, stretched and made to fit', async (_name, encode, kind) => {
  const stretch = { zmin: 5000, zmax: 15_000 }
  const full = await encode(grey, { stretch })
  expect(await imageInfo(full)).toEqual({ kind, width: 200, height: 100, planes: 1, cards: [] })
  const { samples } = await loadImage(full)
  const at = [0, 4000, 10_000, 16_000].map((i) => samples[i] as number)
  for (const [i, level] of [0, 0, 127.5, 255].entries()) expect(Math.abs((at[i] as number) - level)).toBeLessThan(3)
  expect(await imageInfo(await encode(grey, { stretch: null, width: 50, height: 50 }))).toMatchObject({
    width: 50,
    height: 25,
  })
  expect(await imageInfo(await encode(grey, { stretch, height: 500 }))).toMatchObject({ width: 200, height: 100 })
})

test('8-bit pictures are shown as they are', async () => {
  const image: Image = { width, height, planes: 3, samples: planesOf(bytes(count * 3)) }
  expect(await loadImage(await toPng(image, { stretch: null }))).toEqual(image)
})

test.each<[string, Samples]>([
  ['bytes', bytes(count)],
  ['bytes of colours', planesOf(bytes(count * 3))],
  ['16-bit samples', words(count)],
  ['16-bit samples of colours', planesOf(words(count * 3))],
])('a TIFF of %s keeps them', async (_name, samples) => {
  const image: Image = { width, height, planes: samples.length / count, samples }
  expect(await loadImage(await toTiff(image))).toEqual(image)
})

test('a TIFF of floating point has 16 bits of it', async () => {
  const { samples } = await loadImage(await toTiff(grey))
  expect(samples).toBeInstanceOf(Uint16Array)
  expect([samples[0], samples[1], samples.at(-1)]).toEqual([0, 0, 65_535])
})

test('a picture of one value, or of none, is no error', async () => {
  for (const value of [7, Number.NaN]) {
    const flat: Image = { width, height, planes: 1, samples: new Float64Array(count).fill(value) }
    for (const encode of [toJpeg, toPng]) expect((await encode(flat, { stretch: null })).length).toBeGreaterThan(50)
    await writeFits(join(folder, 'flat.fits'), flat)
    expect(await loadImage(join(folder, 'flat.fits'))).toEqual(flat)
  }
})
