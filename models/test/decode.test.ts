import sharp from 'sharp'
import { expect, test } from 'vitest'
import { augment, decode } from '../src/index.ts'
import { doorJpeg } from './pictures.ts'

test('a frame becomes 224 x 224 RGB with its brightness and spread', async () => {
  const { rgb, brightness, spread } = await decode(await doorJpeg({ open: true }), null)
  expect(rgb.length).toBe(224 * 224 * 3)
  expect(brightness).toBeGreaterThan(50)
  expect(spread).toBeGreaterThan(20)
})

test('the box is what is seen of the frame', async () => {
  const halves = await sharp({ create: { width: 400, height: 200, channels: 3, background: 'black' } })
    .composite([
      { input: { create: { width: 200, height: 200, channels: 3, background: 'white' } }, left: 200, top: 0 },
    ])
    .jpeg()
    .toBuffer()
  const left = await decode(halves, { x: 0, y: 0, width: 0.45, height: 1 })
  const right = await decode(halves, { x: 0.55, y: 0, width: 0.45, height: 1 })
  expect(left.brightness).toBeLessThan(10)
  expect(right.brightness).toBeGreaterThan(245)
})

test('a box that reaches out of the frame is cut to it', async () => {
  const { rgb } = await decode(await doorJpeg({ open: false }), { x: 0.9, y: 0.99, width: 0.5, height: 0.5 })
  expect(rgb.length).toBe(224 * 224 * 3)
})

test('grey and one-pixel pictures are pictures too', async () => {
  const grey = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'gray' } })
    .grayscale()
    .jpeg()
    .toBuffer()
  const { rgb, spread } = await decode(grey, null)
  expect(rgb.length).toBe(224 * 224 * 3)
  expect(spread).toBeLessThan(1)
})

test('progressive JPEGs decode', async () => {
  const progressive = await sharp(await doorJpeg({ open: false }))
    .jpeg({ progressive: true })
    .toBuffer()
  expect((await decode(progressive, null)).spread).toBeGreaterThan(20)
})

test.each([
  ['text', Buffer.from('hello, this is no picture at all')],
  ['nothing', Buffer.alloc(0)],
  [
    'only the first bytes of a JPEG, then text',
    Buffer.from([0xff, 0xd8, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49]),
  ],
])('%s is not_jpeg', async (_, bytes) => {
  await expect(decode(bytes, null)).rejects.toMatchObject({ code: 'not_jpeg', fault: 'caller' })
})

test('a PNG is not_jpeg', async () => {
  const png = await sharp(await doorJpeg({ open: false }))
    .png()
    .toBuffer()
  await expect(decode(png, null)).rejects.toMatchObject({ code: 'not_jpeg' })
})

test('a JPEG cut off anywhere is truncated', async () => {
  const whole = await doorJpeg({ open: false, width: 640, height: 480 })
  for (const share of [0.02, 0.1, 0.5, 0.9, 0.999]) {
    const cut = whole.subarray(0, Math.floor(whole.length * share))
    await expect(decode(cut, null), `${share} of it`).rejects.toMatchObject({ code: 'truncated' })
  }
})

test('what a camera appends behind the picture does no harm', async () => {
  const trailer = Buffer.concat([
    await doorJpeg({ open: false }),
    Buffer.from('recorded by a camera of some make'),
    Buffer.alloc(9),
  ])
  expect((await decode(trailer, null)).spread).toBeGreaterThan(20)
})

test('a picture that only says it is huge is refused before it is decoded', async () => {
  const small = await doorJpeg({ open: false })
  const frameHeader = small.findIndex((byte, i) => byte === 0xff && small[i + 1] === 0xc0)
  small.writeUInt16BE(30_000, frameHeader + 5)
  small.writeUInt16BE(30_000, frameHeader + 7)
  await expect(decode(small, null)).rejects.toMatchObject({ code: 'too_many_pixels' })
})

test('the limit of pixels is the caller’s to set', async () => {
  const jpeg = await doorJpeg({ open: false, width: 100, height: 100 })
  await expect(decode(jpeg, null, { maxPixels: 9_999 })).rejects.toMatchObject({ code: 'too_many_pixels' })
  await expect(decode(jpeg, null, { maxPixels: 10_000 })).resolves.toMatchObject({ rgb: expect.anything() })
})

test('augmentation repeats for a seed and differs between seeds', async () => {
  const pixels = await decode(await doorJpeg({ open: false }), null)
  expect(augment(pixels, 7)).toEqual(augment(pixels, 7))
  expect(augment(pixels, 7).rgb).not.toEqual(augment(pixels, 8).rgb)
  expect(augment(pixels, 7).rgb).not.toEqual(pixels.rgb)
})
