import { type Image, zscale } from '@ajar/images'
import { expect, onTestFinished, test } from 'vitest'
import { colorOf } from '../../src/datasessions/arithmetic/color.ts'
import type { InputFile } from '../../src/datasessions/operation.ts'
import { fileAt, operationNamed, run } from './in-memory.ts'
import { pictureOf, written } from './pictures.ts'

const SCALE = { zmin: 0, zmax: 100 }

async function colored(images: Image[], said: Partial<InputFile>[]): Promise<Image> {
  const named = Object.fromEntries(images.map((image, i) => [`channel-${i}`, image]))
  const paths = await written(onTestFinished, named)
  const [red_input, green_input, blue_input] = paths.map((path, i) => [fileAt(path, said[i])])
  const { pictures } = await run('Color Image', { red_input, green_input, blue_input }, onTestFinished)
  return pictures.get('color') as Image
}

const grey = (...samples: number[]): Image => ({ width: 2, height: 1, planes: 1, samples: Float32Array.from(samples) })

test('each file is a channel, stretched as it says; blank samples are dark', async () => {
  const color = await colored(
    [grey(0, 50), grey(-5, 500), grey(Number.NaN, 20)],
    [SCALE, SCALE, { zmin: 10, zmax: 60 }],
  )
  expect(color).toEqual({ width: 2, height: 1, planes: 3, samples: Uint8Array.of(0, 128, 0, 255, 0, 51) })
})

test('colours that are picked add up', async () => {
  const color = await colored(
    [grey(100, 50), grey(100, 0), grey(0, 100)],
    [
      { ...SCALE, color: '#ff8000' },
      { ...SCALE, color: 'rgb(10, 200, 0)' },
      { ...SCALE, color: '#00f' },
    ],
  )
  expect([...color.samples]).toEqual([255, 128, 255, 64, 0, 255])
})

test('without a stretch it is zscale of that channel; a colour picture gives its own red, green or blue', async () => {
  const ramp = pictureOf(new Int16Array(40 * 30 * 3), 40, 3, (x, y, plane) => x * y + 1000 * plane)
  const color = await colored([ramp, ramp, ramp], [])
  for (let plane = 0; plane < 3; plane++) {
    const samples = ramp.samples.slice(plane * 1200, (plane + 1) * 1200)
    const { zmin, zmax } = zscale({ samples })
    const expected = Array.from(samples, (value) =>
      Math.round(255 * Math.min(1, Math.max(0, (value - zmin) / (zmax - zmin)))),
    )
    expect([...color.samples.slice(plane * 1200, (plane + 1) * 1200)]).toEqual(expected)
  }
})

test.each([
  [[{ color: 'reddish' }], 'bad_color'],
  [[{ color: 'rgb(1, 2, 256)' }], 'bad_color'],
  [[{}, { zmin: 5, zmax: 5 }], 'bad_scale'],
] as const)('%j is refused: %s', async (said, code) => {
  await expect(colored([grey(1, 2), grey(1, 2), grey(1, 2)], [...said])).rejects.toMatchObject({
    code,
    fault: 'caller',
  })
})

test('channels of several sizes are refused by name', async () => {
  const other: Image = { width: 1, height: 2, planes: 1, samples: Float32Array.of(1, 2) }
  await expect(colored([grey(1, 2), grey(1, 2), other], [])).rejects.toThrow(
    'channel-0 is 2x1 in grey and channel-2 is 1x2 in grey: all files must be of one size.',
  )
})

test('each input is one file, which may say its stretch and its colour', () => {
  const input = { type: 'fits', minimum: 1, maximum: 1, include_custom_scale: true, color_picker: true }
  expect(operationNamed('Color Image').inputs).toMatchObject({
    red_input: input,
    green_input: input,
    blue_input: input,
  })
  expect(colorOf('#f80')).toEqual([255, 136, 0])
})
