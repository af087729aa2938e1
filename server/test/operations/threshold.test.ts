import { readdirSync } from 'node:fs'
import { loadImage } from '@ajar/images'
import { expect, onTestFinished, test } from 'vitest'
import { fileAt, needsPictures, real, run } from './in-memory.ts'
import { judge } from './judge.ts'
import { chance, noise, pictureOf, written } from './pictures.ts'

test('Otsu’s level and the share of white pixels of real pictures are numpy’s', async (context) => {
  needsPictures(context)
  const folder = real('webcams/cam-640x372')
  const files = ['day', 'night'].flatMap((state) =>
    readdirSync(`${folder}/${state}`)
      .slice(0, 2)
      .map((file) => `${folder}/${state}/${file}`),
  )
  // Grey, so that each of 256 levels can be tried.
  const greys = await Promise.all(
    files.map(async (file) => {
      const { width, height, samples } = await loadImage(file)
      return { width, height, planes: 1, samples: samples.subarray(0, width * height) }
    }),
  )
  const paths = await written(onTestFinished, Object.fromEntries(greys.map((grey, i) => [`g${i}`, grey])))
  const made = await run('Threshold', { input_files: paths.map((path) => fileAt(path)) }, onTestFinished)
  const judged = judge(
    'otsu',
    paths.map((file) => ({ file })),
  )
  for (const [i, { level, fraction }] of judged.entries()) {
    expect(made.data[0].files[i]).toMatchObject({ low: level, high: null, blank: 0 })
    expect(made.data[0].files[i].fraction).toBeCloseTo(fraction, 12)
    const mask = made.fits.get(`threshold-${i + 1}-g${i}`)?.image
    const white = mask?.samples.filter((value) => value === 255).length ?? 0
    expect(white / (mask?.samples.length ?? 1)).toBeCloseTo(fraction, 12)
    expect(mask?.samples.filter((value) => value === 0).length).toBe((mask?.samples.length ?? 0) - white)
  }
  expect(made.tables.get('threshold')?.rows).toHaveLength(4)
})

test('levels are taken as they are told, in colour by brightness, blank samples left out', async () => {
  const grey = pictureOf(new Float32Array(10 * 10), 10, 1, (x, y) => (y === 0 ? Number.NaN : x))
  const colour = pictureOf(new Uint8Array(10 * 10 * 3), 10, 3, (x, _y, plane) => (plane === 1 && x >= 6 ? 200 : 0))
  const paths = await written(onTestFinished, { grey, colour })
  const files = paths.map((path) => fileAt(path))
  const made = await run('Threshold', { input_files: files, method: 'levels', low: 3, high: 4 }, onTestFinished)
  expect(made.data[0].files[0]).toEqual({ basename: 'grey', low: 3, high: 4, fraction: 0.2, blank: 10 })
  const bright = await run('Threshold', { input_files: files, method: 'levels', low: 100 }, onTestFinished)
  // 0.587 of 200
  expect(bright.data[0].files[1]).toEqual({ basename: 'colour', low: 100, high: null, fraction: 0.4, blank: 0 })
})

test('two clouds of floats are parted between them; what is all alike has nothing white', async () => {
  const random = chance(3)
  const clouds = pictureOf(new Float32Array(100 * 100), 100, 1, (x) => (x < 30 ? 5000 : 100) + noise(random, 20))
  const flat = pictureOf(new Float32Array(20 * 20), 20, 1, () => 7)
  const paths = await written(onTestFinished, { clouds, flat })
  const made = await run('Threshold', { input_files: paths.map((path) => fileAt(path)) }, onTestFinished)
  expect(made.data[0].files[0].fraction).toBe(0.3)
  expect(made.data[0].files[1]).toMatchObject({ low: null, fraction: 0 })
})

test.each([
  [{}, /give the lowest level/],
  [{ low: 9, high: 3 }, /nothing lies between/],
])('levels %j are refused', async (levels, text) => {
  const files = [fileAt('/nowhere.fits')]
  const asked = run('Threshold', { input_files: files, method: 'levels', ...levels }, onTestFinished)
  await expect(asked).rejects.toThrow(text)
})

test('more files than it makes are refused before one is read', async () => {
  const files = Array.from({ length: 501 }, (_, i) => fileAt(`/nowhere-${i}.fits`))
  await expect(run('Threshold', { input_files: files }, onTestFinished)).rejects.toThrow(/501 were given/)
})
