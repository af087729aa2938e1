import { readdirSync } from 'node:fs'
import { loadImage } from '@ajar/images'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileAt, needsPictures, real, run } from './in-memory.ts'
import { judge } from './judge.ts'
import { chance, noise, pictureOf, written } from './pictures.ts'

/** A wall, and a door whose edge is at a column, softened by the lens. */
function doorAt(edge: number, random: () => number, planes = 1) {
  return pictureOf(new Float32Array(200 * 60 * planes), 200, planes, (x, _y, plane) => {
    return 80 + plane * 10 + 120 / (1 + Math.exp(-(x - edge) / 1.5)) + noise(random, 1)
  })
}

describe.each([1, 3])('with %i planes', (planes) => {
  test('a door’s edge is followed over time, to a fraction of a pixel, as numpy does', async () => {
    const edges = [60.25, 75.5, 90, 120.75, 61]
    const random = chance(7)
    const pictures = edges.map((edge) => doorAt(edge, random, planes))
    const paths = await written(onTestFinished, Object.fromEntries(pictures.map((one, i) => [`door-${i}`, one])))
    const line = { x1: 20, y1: 12.5, x2: 170, y2: 40 }
    const files = paths.map((path) => fileAt(path))
    const made = await run('Line Profile', { input_files: files, ...line, smoothing: 2 }, onTestFinished)
    const judged = judge(
      'edge',
      paths.map((file) => ({ file, ...line, smoothing: 2 })),
    )
    const rows = made.tables.get('edges')?.rows ?? []
    const overTime = made.fits.get('profiles-over-time')?.image
    for (const [i, { profile, position }] of judged.entries()) {
      const ours = made.data[0].files[i]
      expect(ours.profile).toHaveLength(profile.length)
      for (const [step, value] of profile.entries()) {
        expect(ours.profile[step]).toBeCloseTo(value, 5)
        expect(overTime?.samples[i * profile.length + step]).toBeCloseTo(value, 3)
      }
      expect(rows[i]?.position).toBeCloseTo(position, 5)
      expect(rows[i]?.x).toBeCloseTo(edges[i] as number, 0)
      expect(rows[i]?.change).toBeGreaterThan(5)
    }
    const mean = judged[0].profile.map((_: number, step: number) =>
      judged.reduce((sum, { profile }) => sum + profile[step] / judged.length, 0),
    )
    for (const [step, value] of mean.entries()) expect(made.data[0].mean[step]).toBeCloseTo(value, 5)
    expect(made.tables.get('profile')?.rows).toHaveLength(mean.length)
    expect(made.tables.get('profiles')?.columns).toHaveLength(mean.length + 1)
    expect([...made.pictures.keys()]).toEqual(['profile-chart', 'edges-chart'])
  })
})

test('along real pictures the profile is numpy’s', async (context) => {
  needsPictures(context)
  const folder = real('webcams/cam-1280x889/day')
  const pictures = await Promise.all(
    readdirSync(folder)
      .slice(0, 2)
      .map((file) => loadImage(`${folder}/${file}`)),
  )
  const paths = await written(onTestFinished, Object.fromEntries(pictures.map((one, i) => [`p${i}`, one])))
  const line = { x1: 1000.5, y1: 20, x2: 100, y2: 800.25 }
  const made = await run('Line Profile', { input_files: paths.map((path) => fileAt(path)), ...line }, onTestFinished)
  const judged = judge(
    'edge',
    paths.map((file) => ({ file, ...line, smoothing: 1.5 })),
  )
  for (const [i, { profile, position }] of judged.entries()) {
    for (const [step, value] of profile.entries()) expect(made.data[0].files[i].profile[step]).toBeCloseTo(value, 5)
    expect(made.data[0].files[i].edge.position).toBeCloseTo(position, 5)
  }
})

test('blank samples, a flat wall, and a line too short for an edge have none', async () => {
  const flat = pictureOf(new Float32Array(50 * 50), 50, 1, () => 7)
  const blank = pictureOf(new Float32Array(50 * 50), 50, 1, (x) => (x === 25 ? Number.NaN : x))
  const paths = await written(onTestFinished, { flat, blank })
  const files = paths.map((path) => fileAt(path))
  const made = await run('Line Profile', { input_files: files, x1: 2, y1: 10, x2: 47, y2: 10 }, onTestFinished)
  expect(made.data[0].files[0].edge).toBeNull()
  expect(made.data[0].files[1].profile[23]).toBeNull()
  expect(made.data[0].files[1].edge.change).toBeCloseTo(1, 9)
  const short = await run('Line Profile', { input_files: files, x1: 2, y1: 10, x2: 4, y2: 10 }, onTestFinished)
  expect(short.data[0].files.map(({ edge }: { edge: unknown }) => edge)).toEqual([null, null])
})

test.each([
  [{ x1: 5, y1: 5, x2: 5, y2: 5 }, /begins where it ends/],
  [{ x1: 5, y1: 5, x2: 50, y2: 5 }, /its columns are 0 to 49, its rows 0 to 49/],
])('the line %j is refused', async (line, text) => {
  const [path = ''] = await written(onTestFinished, { flat: pictureOf(new Uint8Array(50 * 50), 50, 1, () => 7) })
  await expect(run('Line Profile', { input_files: [fileAt(path)], ...line }, onTestFinished)).rejects.toThrow(text)
})

test('files of two sizes are refused, and both sizes told', async () => {
  const one = pictureOf(new Uint8Array(50 * 50), 50, 1, () => 7)
  const other = pictureOf(new Uint8Array(40 * 50 * 3), 40, 3, () => 7)
  const files = (await written(onTestFinished, { one, other })).map((path) => fileAt(path))
  const asked = run('Line Profile', { input_files: files, x1: 1, y1: 1, x2: 30, y2: 1 }, onTestFinished)
  await expect(asked).rejects.toThrow(/other is 40 x 50 in colour, but one is 50 x 50 in grey/)
})

test('an edge of one direction is followed past a stronger one of the other; lines side by side have less noise', async () => {
  const random = chance(9)
  const bar = pictureOf(
    new Float32Array(120 * 40),
    120,
    1,
    (x) => (x >= 40 && x < 80 ? 200 : x < 40 ? 90 : 20) + noise(random, 8),
  )
  const [path = ''] = await written(onTestFinished, { bar })
  const line = { input_files: [fileAt(path)], x1: 5, y1: 20, x2: 115, y2: 20 }
  const found = async (more: object) => (await run('Line Profile', { ...line, ...more }, onTestFinished)).data[0]
  expect((await found({})).files[0].edge.x).toBeCloseTo(79.5, 0)
  expect((await found({ edge: 'to bright' })).files[0].edge.x).toBeCloseTo(39.5, 0)
  expect((await found({ edge: 'to dark' })).files[0].edge.x).toBeCloseTo(79.5, 0)
  const thick = await found({ thickness: 15 })
  const rows = Array.from({ length: 15 }, (_, i) => bar.samples.subarray((13 + i) * 120, (14 + i) * 120))
  for (const [step, level] of thick.mean.entries())
    expect(level).toBeCloseTo(
      rows.reduce((sum, row) => sum + (row[5 + step] as number) / 15, 0),
      9,
    )
})
