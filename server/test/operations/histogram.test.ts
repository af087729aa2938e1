import { readdirSync } from 'node:fs'
import { loadImage } from '@ajar/images'
import { expect, onTestFinished, test } from 'vitest'
import { fileAt, type Made, needsPictures, real, run } from './in-memory.ts'
import { judge } from './judge.ts'
import { chance, noise, pictureOf, written } from './pictures.ts'

function countsOf(made: Made, basename: string, plane: string): number[] {
  const rows = made.tables.get('histogram')?.rows ?? []
  return rows.filter((row) => row.basename === basename && row.plane === plane).map((row) => row.count as number)
}

test('the levels of real colour pictures are counted as numpy counts them', async (context) => {
  needsPictures(context)
  const folder = real('webcams/cam-800x458/day')
  const pictures = await Promise.all(
    readdirSync(folder)
      .slice(0, 3)
      .map(async (file, i) => [`p${i}`, await loadImage(`${folder}/${file}`)] as const),
  )
  const paths = await written(onTestFinished, Object.fromEntries(pictures))
  const made = await run('Histogram', { input_files: paths.map((path) => fileAt(path)) }, onTestFinished)
  const sum = [0, 1, 2].map(() => new Array<number>(256).fill(0))
  const judged: number[][][] = judge(
    'histogram',
    paths.map((file) => ({ file, bins: 256, low: 0, high: 256 })),
  )
  for (const [i, planes] of judged.entries()) {
    for (const [plane, name] of ['red', 'green', 'blue'].entries()) {
      expect(countsOf(made, `p${i}`, name)).toEqual(planes[plane])
      for (const [bin, count] of (planes[plane] ?? []).entries())
        (sum[plane] as number[])[bin] = (sum[plane]?.[bin] ?? 0) + count
    }
  }
  expect(made.data[0].planes.map(({ counts }: { counts: number[] }) => counts)).toEqual(sum)
  expect(countsOf(made, 'all', 'green')).toEqual(sum[1])
  expect(made.pictures.get('histogram-chart')).toMatchObject({ width: 1200, planes: 3 })
})

test('floats with blanks are counted from the least to the greatest of all files, and by a range that is told', async () => {
  const random = chance(5)
  const level = (x: number) => (x === 0 ? Number.NaN : x === 1 ? Number.POSITIVE_INFINITY : noise(random, 30))
  const one = pictureOf(new Float32Array(60 * 50), 60, 1, level)
  const other = pictureOf(new Float64Array(40 * 40), 40, 1, (x) => level(x) + 17)
  const paths = await written(onTestFinished, { one, other })
  const files = paths.map((path) => fileAt(path))
  const made = await run('Histogram', { input_files: files, bins: 37, scale: 'logarithmic' }, onTestFinished)
  const { low, high } = made.data[0]
  const asked = paths.map((file) => ({ file, bins: 37, low, high }))
  const judged = judge('histogram', [...asked, { file: paths[0], bins: 10, low: -10, high: 20 }])
  expect(countsOf(made, 'one', 'grey')).toEqual(judged[0][0])
  expect(countsOf(made, 'other', 'grey')).toEqual(judged[1][0])
  expect(made.data[0].files[0].planes).toEqual([{ plane: 'grey', outside: 50, blank: 50 }])
  const told = await run('Histogram', { input_files: [files[0]], bins: 10, low: -10, high: 20 }, onTestFinished)
  expect(countsOf(told, 'one', 'grey')).toEqual(judged[2][0])
})

test('a level that stands on an edge is on its right side', async () => {
  const tenths = pictureOf(new Float64Array(11), 11, 1, (x) => x / 10)
  const [path = ''] = await written(onTestFinished, { tenths })
  const made = await run('Histogram', { input_files: [fileAt(path)], bins: 10, low: 0, high: 1 }, onTestFinished)
  expect(countsOf(made, 'tenths', 'grey')).toEqual(
    judge('histogram', [{ file: path, bins: 10, low: 0, high: 1 }])[0][0],
  )
})

test('a picture that is all alike, one that is all blank, and a range without a level', async () => {
  const flat = pictureOf(new Float32Array(16), 4, 1, () => 3)
  const blank = pictureOf(new Float32Array(16), 4, 1, () => Number.NaN)
  const [one = '', other = ''] = await written(onTestFinished, { flat, blank })
  const made = await run('Histogram', { input_files: [fileAt(one)], bins: 2 }, onTestFinished)
  expect(countsOf(made, 'flat', 'grey')).toEqual([0, 16])
  const none = await run('Histogram', { input_files: [fileAt(other)], bins: 2 }, onTestFinished)
  expect(none.data[0].files[0].planes).toEqual([{ plane: 'grey', outside: 0, blank: 16 }])
  const asked = run('Histogram', { input_files: [fileAt(one)], low: 5, high: 5 }, onTestFinished)
  await expect(asked).rejects.toThrow(/no level lies from 5 to 5/)
})
