import type { Image } from '@ajar/images'
import { expect, onTestFinished, test } from 'vitest'
import { fileAt, operationNamed, run } from './in-memory.ts'
import { written } from './pictures.ts'

/** What Subtraction and Normalization refuse, and what Median and Stacking say of themselves. */

const grey = (...samples: number[]): Image => ({
  width: samples.length,
  height: 1,
  planes: 1,
  samples: Float32Array.from(samples),
})

async function asked(name: string, files: Record<string, Image>, last?: string) {
  const input_files = (await written(onTestFinished, files)).map((path) => fileAt(path))
  const more = last === undefined ? {} : { [last]: input_files.splice(-1) }
  return run(name, { input_files, ...more }, onTestFinished)
}

test('Subtraction of a file of another size is refused by name, and of a blank sample is blank', async () => {
  const refused = asked('Subtraction', { door: grey(1, 2, 3), empty: grey(1, 2) }, 'subtraction_file')
  await expect(refused).rejects.toMatchObject({ code: 'sizes_differ', fault: 'caller' })
  await expect(refused).rejects.toThrow('door is 3x1 in grey and empty is 2x1 in grey')
  const { fits } = await asked(
    'Subtraction',
    { door: grey(1, Number.NaN, 3), empty: grey(5, 1, Number.NaN) },
    'subtraction_file',
  )
  expect([...(fits.get('subtracted-1-door')?.image.samples ?? [])]).toEqual([-4, Number.NaN, Number.NaN])
})

test('Normalization leaves blank samples out and blank; what has no median, or 0, is refused by name', async () => {
  const { fits } = await asked('Normalization', { door: grey(8, Number.NaN, 2, 4) })
  expect([...(fits.get('normalized-1-door')?.image.samples ?? [])]).toEqual([2, Number.NaN, 0.5, 1])
  const dark = asked('Normalization', { door: grey(8, 4), dark: grey(0, 0, 5) })
  await expect(dark).rejects.toMatchObject({ code: 'median_is_zero', fault: 'caller' })
  await expect(dark).rejects.toThrow('The median of dark is 0')
  await expect(asked('Normalization', { none: grey(Number.NaN) })).rejects.toMatchObject({ code: 'all_blank' })
})

test('Stacking leaves blank samples out of sums and means; where all are blank the result is', async () => {
  const files = { a: grey(1, 2, Number.NaN), b: grey(Number.NaN, 4, Number.NaN) }
  const { fits } = await asked('Stacking', files)
  expect([...(fits.get('stack')?.image.samples ?? [])]).toEqual([1, 6, Number.NaN])
  const input_files = (await written(onTestFinished, files)).map((path) => fileAt(path))
  const mean = await run('Stacking', { input_files, method: 'mean' }, onTestFinished)
  expect([...(mean.fits.get('stack')?.image.samples ?? [])]).toEqual([1, 3, Number.NaN])
})

test('Median takes 2 to 999 files', () => {
  const input_files = { type: 'fits', minimum: 2, maximum: 999 }
  expect(operationNamed('Median')).toMatchObject({ category: 'image', inputs: { input_files } })
})
