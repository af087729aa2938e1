import { readdirSync } from 'node:fs'
import { loadImage } from '@ajar/images'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileAt, needsPictures, real, run } from './in-memory.ts'
import { judge } from './judge.ts'
import { chance, noise, pictureOf, written } from './pictures.ts'

/** A still scene with noise; a box of 30 x 20 walks through it in the frames that are told. */
async function walk(planes: number, samples: () => Uint8Array | Float32Array, walks: number[], brighter = 0) {
  const random = chance(planes)
  const pictures = Array.from({ length: 9 }, (_, i) =>
    pictureOf(samples(), 160, planes, (x, y, plane) => {
      const isThere = walks.includes(i) && x >= 10 * i && x < 10 * i + 30 && y >= 40 && y < 60
      return (isThere ? 200 : 60 + ((x * 7 + plane * 13) % 40)) + noise(random, 2) + (i === 8 ? brighter : 0)
    }),
  )
  return written(onTestFinished, Object.fromEntries(pictures.map((picture, i) => [`f${i}`, picture])))
}

describe.each([
  ['grey, 8 bits', 1, () => new Uint8Array(160 * 100), 0.5],
  ['colour, 8 bits', 3, () => new Uint8Array(160 * 100 * 3), 0.5],
  ['floats', 1, () => new Float32Array(160 * 100), 0],
])('%s', (_name, planes, samples, floor) => {
  test('what walks is found where it is, as numpy finds it', async () => {
    const paths = await walk(planes, samples, [3, 4, 5])
    const files = paths.map((path) => fileAt(path))
    const made = await run('Difference From Background', { input_files: files, k: 8 }, onTestFinished)
    const [theirs] = judge('change', [{ files: paths, background: null, k: 8, floor, ignore: true }])
    const rows = made.tables.get('changes')?.rows ?? []
    for (const [i, row] of rows.entries()) {
      // Some pixels lie so near to the limit that the last bit of a float decides.
      expect(row.fraction).toBeCloseTo(theirs[i].fraction, 3)
      expect(row.noise).toBeCloseTo(theirs[i].noise, 3)
    }
    for (const i of [3, 4, 5]) {
      const box = rows[i] ?? {}
      expect([box.largest_x, box.largest_y, box.largest_width, box.largest_height]).toEqual([10 * i, 40, 30, 20])
      expect(box.fraction).toBeGreaterThan(0.037)
    }
    for (const i of [0, 1, 2, 6, 7, 8]) expect(rows[i]?.fraction).toBeLessThan(0.001)
    const shown = [...made.pictures.keys()].filter((name) => name !== 'changes-chart').sort()
    expect(
      shown
        .slice(0, 3)
        .map((name) => name.slice(-2))
        .sort(),
    ).toEqual(['f3', 'f4', 'f5'])
    expect(made.fits.get('background')?.image).toMatchObject({ width: 160, height: 100, planes })
    expect(made.mostOpen).toBeLessThan(10)
  })
})

test('a cloud that dims all of a frame is no change, unless it is asked for', async () => {
  const paths = await walk(1, () => new Uint8Array(160 * 100), [], 40)
  const inputs = { input_files: paths.map((path) => fileAt(path)), k: 8, pictures: 1 }
  const ignored = await run('Difference From Background', inputs, onTestFinished)
  expect(ignored.tables.get('changes')?.rows[8]).toMatchObject({ light: expect.closeTo(40, 0) })
  expect(ignored.data[0].files[8].fraction).toBeLessThan(0.001)
  const kept = await run('Difference From Background', { ...inputs, light: 'keep' }, onTestFinished)
  expect(kept.data[0].files[8].fraction).toBeGreaterThan(0.99)
  expect([...kept.pictures.keys()]).toContain('changed-1-f8')
  const least = await run('Difference From Background', { ...inputs, light: 'keep', least: 60 }, onTestFinished)
  expect(least.data[0].files[8].fraction).toBe(0)
})

test('real pictures of a webcam against a background that is chosen, as numpy finds it', async (context) => {
  needsPictures(context)
  const folder = real('webcams/cam-640x372/day')
  const pictures = await Promise.all(
    readdirSync(folder)
      .slice(0, 4)
      .map((file) => loadImage(`${folder}/${file}`)),
  )
  const [background = '', ...paths] = await written(
    onTestFinished,
    Object.fromEntries(pictures.map((picture, i) => [`p${i}`, picture])),
  )
  const inputs = { input_files: paths.map((path) => fileAt(path)), background: [fileAt(background)] }
  const made = await run('Difference From Background', inputs, onTestFinished)
  const [theirs] = judge('change', [{ files: paths, background, k: 5, floor: 0.5, ignore: true }])
  for (const [i, { fraction, noise }] of theirs.entries()) {
    expect(made.tables.get('changes')?.rows[i]?.fraction).toBeCloseTo(fraction, 3)
    expect(made.tables.get('changes')?.rows[i]?.noise).toBeCloseTo(noise, 3)
  }
  expect(made.data[0].background).toBe('p0.fits'.replace('.fits', ''))
})

test('too few files for a median, another size, and blank samples', async () => {
  const plain = (width: number) => pictureOf(new Uint8Array(width * 10), width, 1, () => 50)
  const half = pictureOf(new Float32Array(20 * 10), 20, 1, (x) => (x < 10 ? Number.NaN : x === 15 ? 90 : 50))
  const paths = await written(onTestFinished, { a: plain(20), b: plain(30), half })
  const [a, b, c] = paths.map((path) => fileAt(path))
  const two = run('Difference From Background', { input_files: [a, a] }, onTestFinished)
  await expect(two).rejects.toThrow(/give at least 3, or choose a background/)
  const other = run('Difference From Background', { input_files: [b], background: [a] }, onTestFinished)
  await expect(other).rejects.toThrow(/b is 30 x 10 in grey, but a is 20 x 10 in grey/)
  const made = await run('Difference From Background', { input_files: [c], background: [a] }, onTestFinished)
  expect(made.data[0].files[0]).toMatchObject({
    fraction: 0.1,
    largest: { pixels: 10, x: 15, y: 0, width: 1, height: 10 },
  })
})
