import sharp from 'sharp'
import { expect, test } from 'vitest'
import { augment, decode, type Region } from '../src/index.ts'
import { OUTSIDE, PICTURE_SIZE, type Pixels } from '../src/pixels/decode.ts'
import { doorJpeg } from './pictures.ts'

test('a frame becomes 224 x 224 RGB with its brightness and spread', async () => {
  const { rgb, brightness, spread } = await decode(await doorJpeg({ open: true }), null)
  expect(rgb.length).toBe(224 * 224 * 3)
  expect(brightness).toBeGreaterThan(50)
  expect(spread).toBeGreaterThan(20)
})

/** The corners of an upright rectangle. */
function rectangle(x: number, y: number, width: number, height: number): Region {
  const [right, bottom] = [x + width, y + height]
  return [
    { x, y },
    { x: right, y },
    { x: right, y: bottom },
    { x, y: bottom },
  ]
}

test('the region is what is seen of the frame', async () => {
  const halves = await sharp({ create: { width: 400, height: 200, channels: 3, background: 'black' } })
    .composite([
      { input: { create: { width: 200, height: 200, channels: 3, background: 'white' } }, left: 200, top: 0 },
    ])
    .jpeg()
    .toBuffer()
  const left = await decode(halves, rectangle(0, 0, 0.45, 1))
  const right = await decode(halves, rectangle(0.55, 0, 0.45, 1))
  expect(left.brightness).toBeLessThan(10)
  expect(right.brightness).toBeGreaterThan(245)
})

test('a region that reaches out of the frame is cut to it', async () => {
  const { rgb } = await decode(await doorJpeg({ open: false }), rectangle(0.9, 0.99, 0.5, 0.5))
  expect(rgb.length).toBe(224 * 224 * 3)
})

/** White left of its diagonal from the left lower to the right upper corner, black right of it. */
function diagonal(): Promise<Buffer> {
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200">
    <rect width="300" height="200" fill="black"/><polygon points="0,0 300,0 0,200" fill="white"/></svg>`
  return sharp(Buffer.from(picture)).jpeg().toBuffer()
}
const levelAt = ({ rgb }: Pixels, x: number, y: number) => rgb[(y * PICTURE_SIZE + x) * 3 + 1] ?? 0

test('outside the region there is grey, which counts neither for brightness nor for spread', async () => {
  const corner = (x: number, y: number) => ({ x, y })
  const white = await decode(await diagonal(), [corner(0, 0), corner(0.9, 0), corner(0, 0.9)])
  expect(levelAt(white, 200, 200)).toBe(OUTSIDE)
  expect(levelAt(white, 20, 20)).toBeGreaterThan(250)
  expect(white.brightness).toBeGreaterThan(250)
  expect(white.spread).toBeLessThan(3)
  const black = await decode(await diagonal(), [corner(1, 1), corner(1, 0.1), corner(0.1, 1)])
  expect(levelAt(black, 20, 20)).toBe(OUTSIDE)
  expect(black.brightness).toBeLessThan(5)
  const [varied, outside] = [augment(white, 3), [200, 200] as const]
  expect(levelAt(varied, ...outside)).toBe(OUTSIDE)
  expect(varied.brightness).toBeGreaterThan(200)
})

test('a region whose edges cross holds what they go around; one too thin for a pixel, what is around it', async () => {
  const bow = [0, 1, 0, 1].map((x, i) => ({ x, y: i < 2 ? 0 : 1 }))
  const { outside } = await decode(await diagonal(), bow)
  expect(outside.length / PICTURE_SIZE ** 2).toBeCloseTo(0.5, 1)
  const bend = { x: 0.5, y: 0.2 }
  const thin = [{ x: 0, y: 0 }, bend, { x: 1, y: 1 }, { ...bend, y: bend.y + 1e-7 }]
  expect((await decode(await diagonal(), thin)).outside).toHaveLength(0)
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'the region is of the upright frame, also where it is turned as %i',
  async (turn) => {
    const upright = await sharp(await diagonal())
      .jpeg({ quality: 100 })
      .toBuffer()
    // As a camera stores it that is turned: what turns it back when it is shown.
    const back = [1, 2, 3, 4, 5, 8, 7, 6][turn - 1] ?? 1
    const asStored = await sharp(await sharp(upright).withMetadata({ orientation: back }).toBuffer())
      .autoOrient()
      .toBuffer()
    const turned = await sharp(asStored).withMetadata({ orientation: turn }).jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(turned).metadata()).orientation).toBe(turn)
    const triangle = [
      { x: 0, y: 0 },
      { x: 0.9, y: 0 },
      { x: 0, y: 0.9 },
    ]
    const { brightness, spread } = await decode(turned, triangle)
    expect(brightness).toBeGreaterThan(250)
    expect(spread).toBeLessThan(3)
  },
)

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
