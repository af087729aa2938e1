import { join } from 'node:path'
import { expect, test } from 'vitest'
import { imageInfo, loadImage, openImage } from '../src/index.ts'
import { type Case, expectedOf, temporaryFolder, writtenByAstropy } from './astropy.ts'

const folder = temporaryFolder()
const cases = writtenByAstropy(folder)

/** Floats to their last bit but one: astropy reckons some in another order. */
function closeTo(samples: ArrayLike<number>, { type }: Case, expected: Float64Array) {
  const most = type === 'f32' ? 1.2e-7 : type === 'f64' ? 2.3e-16 : 0
  const far: string[] = []
  for (let i = 0; i < expected.length; i++) {
    const [ours, theirs] = [samples[i] as number, expected[i] as number]
    if (Object.is(ours, theirs) || Math.abs(ours - theirs) <= Math.abs(theirs) * most) continue
    far.push(`${i}: ${ours}, astropy ${theirs}`)
  }
  expect(far.slice(0, 5)).toEqual([])
  expect(samples.length).toBe(expected.length)
}

test.each(cases)('$name is read as astropy reads it', async (one) => {
  const path = join(folder, one.file)
  const expected = expectedOf(folder, one)
  const { width, height, planes, type } = one
  closeTo((await loadImage(path)).samples, one, expected)
  const info = await imageInfo(path)
  expect(info).toMatchObject({ kind: 'fits', width, height, planes })
  for (const [keyword, value] of Object.entries(one.cards)) {
    const found = info.cards.find((card) => card.keyword === keyword)
    expect([keyword, found ? found.value : 'absent']).toEqual([keyword, value])
  }
  // By rows: from the top on, then two of them again.
  const reader = await openImage(path)
  expect(reader.sampleType).toBe(type)
  const rowsOf = (from: number, to: number) =>
    Float64Array.from(
      Array.from({ length: planes }, (_, plane) => [
        ...expected.subarray((plane * height + from) * width, (plane * height + to) * width),
      ]).flat(),
    )
  for (let from = 0; from < height; from += 5)
    closeTo(await reader.rows(from, Math.min(from + 5, height)), one, rowsOf(from, Math.min(from + 5, height)))
  closeTo(await reader.rows(1, 3), one, rowsOf(1, 3))
  await reader.close()
})

test('every kind of file is among the cases', () => {
  expect(cases.length).toBeGreaterThan(150)
})

test('rows of a gzip file may be asked for at once, and in any order', async () => {
  const one = cases.find(({ name }) => name === 'colour-gzip-f32') as Case
  const { width, height } = one
  const expected = expectedOf(folder, one)
  const reader = await openImage(join(folder, one.file))
  const starts = [40, 3, 20, 0, 41]
  const rows = await Promise.all(starts.map((from) => reader.rows(from, from + 2)))
  await reader.close()
  for (const [i, from] of starts.entries())
    for (let plane = 0; plane < 3; plane++) {
      const at = (plane * height + from) * width
      closeTo(
        (rows[i] as Float32Array).subarray(plane * 2 * width, (plane + 1) * 2 * width),
        one,
        expected.subarray(at, at + 2 * width),
      )
    }
})

test('what is opened and left is closed, and no file stays open', async () => {
  const { readdirSync } = await import('node:fs')
  const open = () => readdirSync('/proc/self/fd').length
  for (const { file } of cases.slice(0, 2)) await imageInfo(join(folder, file))
  const before = open()
  for (const { file } of cases) {
    await imageInfo(join(folder, file))
    const reader = await openImage(join(folder, file))
    await reader.rows(0, 1)
    await reader.close()
    await reader.close()
  }
  expect(open()).toBeLessThanOrEqual(before + 2)
})
