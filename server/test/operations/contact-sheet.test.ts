import { readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { fileAt, frameAt, needsPictures, real, run } from './in-memory.ts'
import { pictureOf, written } from './pictures.ts'

test('pictures stand in rows in the order of their time, each where it belongs', async () => {
  const { default: sharp } = await import('sharp')
  const frames = new Map<string, Uint8Array>()
  for (let i = 0; i < 7; i++) {
    const background = { r: 30 * i, g: 200, b: 0 }
    const jpeg = await sharp({ create: { width: 160, height: 120, channels: 3, background } })
      .jpeg({ quality: 100 })
      .toBuffer()
    frames.set(`pi/door/${i}`, new Uint8Array(jpeg))
  }
  const files = [3, 1, 6, 0, 2, 5, 4].map((at) => frameAt('pi/door', at, at % 2 ? 'open' : 'closed'))
  const made = await run('Contact Sheet', { input_files: files, columns: 3, width: 80 }, onTestFinished, { frames })
  const sheet = made.pictures.get('contact-sheet')
  expect(sheet).toMatchObject({ width: 8 + 3 * 88, height: 8 + 3 * (60 + 36 + 8), planes: 3 })
  const [width, height] = [sheet?.width ?? 0, sheet?.height ?? 0]
  for (let i = 0; i < 7; i++) {
    const at = (8 + Math.floor(i / 3) * 104 + 30) * width + 8 + (i % 3) * 88 + 40
    expect(Math.abs((sheet?.samples[at] ?? 0) - 30 * i)).toBeLessThan(4)
  }
  // What no picture stands in is white, and captions are black.
  const below = Array.from(
    { length: 80 * 30 },
    (_, i) => sheet?.samples[(70 + Math.floor(i / 80)) * width + 8 + (i % 80)] ?? 0,
  )
  expect(Math.min(...below)).toBeLessThan(80)
  expect(sheet?.samples[(height - 20) * width + width - 40]).toBe(255)
  expect(made.data[0]).toMatchObject({ given: 7, shown: 7 })
})

test('of many real pictures so many are taken as are asked for, from the first to the last', async (context) => {
  needsPictures(context)
  const folder = real('parking/empty')
  const names = readdirSync(folder).slice(0, 50)
  const frames = new Map(names.map((name, i) => [`pi/bay/${i}`, new Uint8Array(readFileSync(`${folder}/${name}`))]))
  const files = names.map((_, i) => frameAt('pi/bay', i))
  const made = await run('Contact Sheet', { input_files: files, most: 20, caption: 'nothing' }, onTestFinished, {
    frames,
  })
  expect(made.data[0]).toMatchObject({ given: 50, shown: 20 })
  expect(made.mostOpen).toBe(1)
})

test('floats with blanks and other shapes stand in their places; one that is damaged is left out', async () => {
  const faint = pictureOf(new Float32Array(60 * 40), 60, 1, (x, y) => (x === y ? Number.NaN : 1e-3 * x))
  const tall = pictureOf(new Uint8Array(20 * 90 * 3), 20, 3, () => 250)
  const paths = await written(onTestFinished, { faint, tall })
  const files = [...paths.map((path) => fileAt(path)), fileAt(import.meta.filename)]
  const made = await run('Contact Sheet', { input_files: files, width: 60, caption: 'name' }, onTestFinished)
  expect(made.data[0]).toMatchObject({ shown: 2, left_out_count: 1 })
})

test('a sheet that nobody could look at is refused, before its pictures are drawn', async () => {
  const [path = ''] = await written(onTestFinished, { tall: pictureOf(new Uint8Array(10 * 60), 10, 1, () => 9) })
  const files = Array.from({ length: 500 }, (_, i) => fileAt(path, { basename: `f${i}` }))
  const asked = run('Contact Sheet', { input_files: files, width: 800, most: 500 }, onTestFinished)
  await expect(asked).rejects.toThrow(/more than 60 million: make the pictures narrower/)
})
