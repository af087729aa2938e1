import { readdirSync } from 'node:fs'
import { type Image, loadImage } from '@ajar/images'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { fileAt, frameAt, needsPictures, real, run } from './in-memory.ts'
import { judge } from './judge.ts'
import { chance, noise, pictureOf, written } from './pictures.ts'

const MEASURED = ['mean', 'median', 'deviation', 'minimum', 'maximum', 'noise', 'sharpness'] as const

async function compared(pictures: Record<string, Image>, digits: number, floor = 0) {
  const paths = await written(onTestFinished, pictures)
  const made = await run('Frame Statistics', { input_files: paths.map((path) => fileAt(path)) }, onTestFinished)
  const judged = judge(
    'statistics',
    paths.map((file) => ({ file, times: 10, floor })),
  )
  for (const [i, theirs] of judged.entries()) {
    const ours = made.data[0].files[i]
    for (const what of MEASURED) {
      const scale = Math.max(1, Math.abs(theirs[what]))
      expect([what, ours[what] / scale]).toEqual([what, expect.closeTo(theirs[what] / scale, digits)])
    }
    expect(ours.hot_pixels).toBe(theirs.hot.length)
    if (paths.length === 1) expect(ours.hot_pixels_at).toEqual(theirs.hot)
  }
  return made
}

describe('on real pictures', () => {
  beforeEach(needsPictures)

  test.each(['webcams/cam-640x372/night', 'webcams/cam-857x614/day'])('%s is measured as by numpy', async (folder) => {
    const files = readdirSync(real(folder)).slice(0, 2)
    const pictures = await Promise.all(files.map((file) => loadImage(real(`${folder}/${file}`))))
    await compared(Object.fromEntries(pictures.map((picture, i) => [`p${i}`, picture])), 5, 0.5)
  })

  test('a blurred picture is less sharp, one with noise has just that much more of it', async () => {
    const folder = real('webcams/cam-1024x737/day')
    const path = `${folder}/${readdirSync(folder)[0]}`
    const { default: sharp } = await import('sharp')
    const random = chance(11)
    const clear = await loadImage(path)
    const blurred = await loadImage(await sharp(path).blur(2).png().toBuffer())
    const noisy = { ...clear, samples: Float32Array.from(clear.samples, (value) => value + noise(random, 12)) }
    const paths = await written(onTestFinished, { clear, blurred, noisy })
    const made = await run('Frame Statistics', { input_files: paths.map((one) => fileAt(one)) }, onTestFinished)
    const [a, b, c] = made.data[0].files
    expect(b.sharpness).toBeLessThan(a.sharpness / 4)
    // Three independent noises, weighed as the colours are.
    expect(c.noise).toBeGreaterThan(12 * Math.hypot(0.299, 0.587, 0.114))
    expect(c.noise).toBeLessThan(a.noise + 9)
  })
})

test('noise of a known width is found, whatever edges there are', async () => {
  const random = chance(1)
  const scene = pictureOf(
    new Float32Array(300 * 200),
    300,
    1,
    (x, y) => (x > 90 && x < 160 ? 800 : 100) + y / 3 + noise(random, 7),
  )
  const made = await compared({ scene }, 4)
  expect(made.data[0].files[0].noise).toBeGreaterThan(6.8)
  expect(made.data[0].files[0].noise).toBeLessThan(7.3)
})

test('pixels that are hot in frame after frame are the sensor’s; others, and blank ones, are not', async () => {
  const random = chance(2)
  const sensor = [
    [12, 7],
    [0, 0],
    [59, 39],
    [30, 20],
  ]
  const isHot = (x: number, y: number) => sensor.some(([column, row]) => column === x && row === y)
  const dark = (i: number) =>
    pictureOf(new Float32Array(60 * 40), 60, 1, (x, y) => {
      if (x === 40 && y > 30) return Number.NaN
      // A star that moves, and a line that has neighbours of its kind.
      if (x === 5 + 3 * i && y === 25) return 900
      if (x === 50) return 700
      return 100 + noise(random, 3) + (isHot(x, y) ? 400 : 0)
    })
  const pictures = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`dark-${i}`, dark(i)]))
  const made = await compared(pictures, 4)
  const { sensor: found } = made.data[0]
  expect(found).toMatchObject({ files: 6, count: 4 })
  expect(found.pixels.map(({ x, y }: { x: number; y: number }) => [x, y]).sort()).toEqual([...sensor].sort())
  expect(made.tables.get('hot-pixels')?.rows).toContainEqual({ x: 30, y: 20, files: 6 })
  await compared({ one: dark(0) }, 4)
})

test('what is too dark or too bright is told by type, and by SATURATE of floats', async () => {
  const bytes = pictureOf(new Uint8Array(100 * 3), 10, 3, (x, y) => (y < 2 ? 0 : x < 3 ? 255 : 90))
  const floats = pictureOf(new Float32Array(100), 10, 1, (x) => x * 1000)
  const [first = '', second = ''] = await written(onTestFinished, { bytes, floats })
  const [full = ''] = await written(onTestFinished, { full: floats }, [{ keyword: 'SATURATE', value: 8000 }])
  const inputs = { input_files: [first, second, full].map((path) => fileAt(path)) }
  const made = await run('Frame Statistics', inputs, onTestFinished)
  const shares = made.data[0].files.map((one: Record<string, number>) => [one.clipped_dark, one.clipped_bright])
  expect(shares).toEqual([
    [0.2, 0.24],
    [null, null],
    [null, 0.2],
  ])
})

test('a picture that is all blank, one of one pixel, and one that is damaged among others', async () => {
  const blank = pictureOf(new Float32Array(25), 5, 1, () => Number.NaN)
  const tiny = pictureOf(new Uint8Array(1), 1, 1, () => 9)
  const paths = await written(onTestFinished, { blank, tiny })
  const files = [...paths.map((path) => fileAt(path)), fileAt(import.meta.filename)]
  const made = await run('Frame Statistics', { input_files: files }, onTestFinished)
  expect(made.data[0].files[0]).toMatchObject({ blank: 25, mean: null, noise: null, hot_pixels: 0 })
  expect(made.data[0].files[1]).toMatchObject({ mean: 9, median: 9, noise: null, sharpness: null })
  expect(made.data[0]).toMatchObject({ left_out_count: 1, left_out: [{ basename: 'frame-statistics.test.ts' }] })
})

test('frames are measured in the order of their time', async () => {
  const { plainJpeg } = await import('../pictures.ts')
  const frames = new Map<string, Uint8Array>()
  for (const at of [3000, 1000, 2000]) frames.set(`pi/door/${at}`, await plainJpeg(at))
  const files = [3000, 1000, 2000].map((at) => frameAt('pi/door', at, 'open'))
  const made = await run('Frame Statistics', { input_files: files }, onTestFinished, { frames })
  expect(made.tables.get('statistics')?.rows.map(({ time, state }) => [time, state])).toEqual([
    ['1970-01-01T00:00:01.000Z', 'open'],
    ['1970-01-01T00:00:02.000Z', 'open'],
    ['1970-01-01T00:00:03.000Z', 'open'],
  ])
  expect(made.pictures.has('statistics-chart')).toBe(true)
  expect(made.mostOpen).toBe(1)
})
