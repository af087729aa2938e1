import { readdirSync } from 'node:fs'
import type { Card } from '@ajar/images'
import { loadImage } from '@ajar/images'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileAt, needsPictures, real, run } from './in-memory.ts'
import { judge } from './judge.ts'
import { pictureOf, written } from './pictures.ts'

/** Ten seconds of arc a pixel, turned by 30 degrees. */
const SKY: Card[] = [
  { keyword: 'CTYPE1', value: 'RA---TAN' },
  { keyword: 'CTYPE2', value: 'DEC--TAN' },
  { keyword: 'CRPIX1', value: 20.5 },
  { keyword: 'CRPIX2', value: 15 },
  { keyword: 'CRVAL1', value: 150.25 },
  { keyword: 'CRVAL2', value: -12.5 },
  { keyword: 'CD1_1', value: -0.0024056 },
  { keyword: 'CD1_2', value: 0.0013889 },
  { keyword: 'CD2_1', value: 0.0013889 },
  { keyword: 'CD2_2', value: 0.0024056 },
  { keyword: 'TRIMSEC', value: '[1:40,1:30]' },
  { keyword: 'OBJECT', value: 'door' },
]

const rectangle = { x: 7, y: 3, width: 12, height: 20 }

describe.each([
  ['grey, 8 bits', () => new Uint8Array(40 * 30), 1],
  ['colour, 8 bits', () => new Uint8Array(40 * 30 * 3), 3],
  ['grey, 16 bits', () => new Uint16Array(40 * 30), 1],
  ['floats with blanks', () => new Float32Array(40 * 30), 1],
])('%s', (_name, samples, planes) => {
  test('the rectangle is cut out of each plane, sample by sample', async () => {
    const isFloat = samples() instanceof Float32Array
    const picture = pictureOf(samples(), 40, planes, (x, y, plane) =>
      isFloat && (x + y) % 7 === 0 ? Number.NaN : (x * 5 + y * 3 + plane * 11) % 251,
    )
    const [path = ''] = await written(onTestFinished, { door: picture }, SKY)
    const made = await run('Crop', { input_files: [fileAt(path)], ...rectangle }, onTestFinished)
    const { image, cards } = made.fits.get('crop-1-door') as NonNullable<ReturnType<typeof made.fits.get>>
    expect(image).toMatchObject({ width: 12, height: 20, planes })
    expect(image.samples.constructor).toBe(picture.samples.constructor)
    for (let plane = 0, at = 0; plane < planes; plane++)
      for (let y = 3; y < 23; y++)
        for (let x = 7; x < 19; x++, at++) expect(image.samples[at]).toBe(picture.samples[(plane * 30 + y) * 40 + x])
    expect(cards.map(({ keyword }) => keyword)).toContain('OBJECT')
    expect(cards.map(({ keyword }) => keyword)).not.toContain('TRIMSEC')
  })
})

test('a pixel lies at the same place in the sky as before, to astropy', async () => {
  const picture = pictureOf(new Float32Array(40 * 30), 40, 1, (x, y) => x + y)
  const [path = ''] = await written(onTestFinished, { sky: picture }, SKY)
  const made = await run('Crop', { input_files: [fileAt(path)], ...rectangle }, onTestFinished)
  const { image, cards } = made.fits.get('crop-1-sky') as NonNullable<ReturnType<typeof made.fits.get>>
  const [cut = ''] = await written(onTestFinished, { cut: image }, cards)
  const places = [
    [
      [7, 3],
      [18, 22],
      [10.5, 9.25],
    ],
    [
      [0, 0],
      [11, 19],
      [3.5, 6.25],
    ],
  ]
  const [[before, after]] = judge('sky', [{ files: [path, cut], places }])
  for (const [i, place] of before.entries())
    for (const axis of [0, 1]) expect(after[i][axis]).toBeCloseTo(place[axis], 9)
})

test.each([
  ['no column', { ...rectangle, width: 0 }, /no pixel/],
  ['beyond the right', { ...rectangle, x: 29 }, /reach out of door, which is 40 x 30 in grey/],
  ['beyond the bottom', { ...rectangle, y: 11 }, /rows 0 to 29 are there/],
  ['all outside', { ...rectangle, x: 4000 }, /reach out/],
])('%s is refused', async (_name, wrong, text) => {
  const [path = ''] = await written(onTestFinished, {
    door: pictureOf(new Uint8Array(40 * 30), 40, 1, () => 1),
  })
  await expect(run('Crop', { input_files: [fileAt(path)], ...wrong }, onTestFinished)).rejects.toThrow(text)
})

test('of a real picture only the rows are kept that are asked for', async (context) => {
  needsPictures(context)
  const path = real('webcams/cam-640x372/day')
  const files = readdirSync(path).slice(0, 3)
  const made = await run(
    'Crop',
    { input_files: files.map((file) => fileAt(`${path}/${file}`)), x: 100, y: 50, width: 64, height: 32 },
    onTestFinished,
  )
  expect(made.fits.size).toBe(3)
  const whole = await loadImage(`${path}/${files[0]}`)
  const part = [...made.fits.values()][0]?.image
  expect(part?.samples[2 * 64 * 32 + 5 * 64 + 9]).toBe(
    whole.samples[2 * whole.width * whole.height + 55 * whole.width + 109],
  )
  expect(made.progress.at(-1)).toBe(1)
})
