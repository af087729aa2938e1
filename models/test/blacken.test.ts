import sharp from 'sharp'
import { expect, test } from 'vitest'
import { blacken, type Mask } from '../src/index.ts'

const WIDTH = 120
const HEIGHT = 80
/** The left upper quarter of what a person sees. */
const CORNER: Mask = [
  { x: 0, y: 0 },
  { x: 0.5, y: 0 },
  { x: 0.5, y: 0.5 },
  { x: 0, y: 0.5 },
]

function white(orientation: number): Promise<Buffer> {
  const create = { width: WIDTH, height: HEIGHT, channels: 3, background: 'white' } as const
  return sharp({ create }).jpeg().withMetadata({ orientation }).toBuffer()
}

/** Mean luminance of the quarters of the upright picture: left upper, right upper, left lower, right lower. */
async function quarters(jpeg: Uint8Array): Promise<number[]> {
  const { data, info } = await sharp(jpeg).autoOrient().greyscale().raw().toBuffer({ resolveWithObject: true })
  const sums = [0, 0, 0, 0]
  const counts = [0, 0, 0, 0]
  for (let y = 0; y < info.height; y++)
    for (let x = 0; x < info.width; x++) {
      const far = (at: number, size: number) => Math.abs(at - size / 2) > 4 // the edge itself belongs to both
      if (!far(x, info.width) || !far(y, info.height)) continue
      const quarter = (x < info.width / 2 ? 0 : 1) + (y < info.height / 2 ? 0 : 2)
      sums[quarter] = (sums[quarter] ?? 0) + (data[y * info.width + x] ?? 0)
      counts[quarter] = (counts[quarter] ?? 0) + 1
    }
  return sums.map((sum, i) => Math.round(sum / (counts[i] ?? 1)))
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('a mask covers what a person sees of a frame turned as %i', async (orientation) => {
  const before = await white(orientation)
  expect(await quarters(before)).toEqual([255, 255, 255, 255])
  const masked = await blacken(before, [CORNER])
  expect(await quarters(masked)).toEqual([0, 255, 255, 255])
  const { width, height, orientation: kept = 1 } = await sharp(masked).metadata()
  expect([width, height, kept]).toEqual([WIDTH, HEIGHT, orientation])
})

test('metadata that may hold a thumbnail is gone', async () => {
  const before = await sharp(await white(6))
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { ImageDescription: 'a thumbnail of the neighbour' } })
    .toBuffer()
  expect(before.includes('neighbour')).toBe(true)
  expect(Buffer.from(await blacken(before, [CORNER])).includes('neighbour')).toBe(false)
})

test('several masks, one of them crossing itself', async () => {
  const bow = [
    { x: 0.5, y: 0.5 },
    { x: 1, y: 0.5 },
    { x: 0.5, y: 1 },
    { x: 1, y: 1 },
  ]
  const [upperLeft, upperRight, lowerLeft, lowerRight = 255] = await quarters(
    await blacken(await white(1), [CORNER, bow]),
  )
  expect([upperLeft, upperRight, lowerLeft]).toEqual([0, 255, 255])
  expect(lowerRight).toBeLessThan(160)
})

test.each<[string, (jpeg: Buffer) => Buffer, string]>([
  ['cut off', (jpeg) => jpeg.subarray(0, jpeg.length / 2), 'truncated'],
  [
    'damaged inside',
    (jpeg) => jpeg.fill(0xff, jpeg.indexOf('ffc4', 'hex') + 4, jpeg.indexOf('ffc4', 'hex') + 30),
    'not_jpeg',
  ],
  ['no picture', () => Buffer.from('no picture'), 'not_jpeg'],
])('a picture that is %s is refused', async (_, damage, code) => {
  await expect(blacken(damage(await white(1)), [CORNER])).rejects.toMatchObject({ name: 'DecodeError', code })
})
