import { execFileSync } from 'node:child_process'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { type Luminance, LuminanceReader } from '../src/capture/gate/luminance.ts'
import { renderDoor } from '../src/index.ts'
import { chances, needsRealPictures, picturesIn, pixelsOf, webcams } from './real-pictures.ts'

const door = renderDoor({ seed: 1, atMs: 0, width: 321, height: 203 })

/** What a whole decoder makes of a picture, each block of 8 x 8 pixels as its mean; blocks that the edge cuts are left out. */
async function wholeDecoders(jpeg: Uint8Array): Promise<Luminance> {
  const { data, info } = await pixelsOf(jpeg)
  const [width, height] = [Math.floor(info.width / 8), Math.floor(info.height / 8)]
  const sums = new Float64Array(width * height)
  for (let y = 0; y < 8 * height; y++)
    for (let x = 0; x < 8 * width; x++) {
      const at = (y * info.width + x) * info.channels
      const [red = 0, green = red, blue = red] = data.subarray(at, at + info.channels)
      const block = (y >> 3) * width + (x >> 3)
      sums[block] = (sums[block] ?? 0) + 0.299 * red + 0.587 * green + 0.114 * blue
    }
  return { width, height, levels: Uint8ClampedArray.from(sums, (sum) => sum / 64) }
}

/** Mean and largest difference of what we read and what sharp reads, in levels of 255. */
async function differenceToSharp(jpeg: Uint8Array, reader = new LuminanceReader()) {
  const ours = reader.read(jpeg)
  const theirs = await wholeDecoders(jpeg)
  const { width = 0, height = 0 } = await sharp(jpeg).metadata()
  expect([ours.width, ours.height]).toEqual([Math.ceil(width / 8), Math.ceil(height / 8)])
  const differences: number[] = []
  for (let y = 0; y < theirs.height; y++)
    for (let x = 0; x < theirs.width; x++) {
      const [level = 0, other = 0] = [ours.levels[y * ours.width + x], theirs.levels[y * theirs.width + x]]
      differences.push(Math.abs(level - other))
    }
  return { mean: differences.reduce((sum, one) => sum + one, 0) / differences.length, most: Math.max(...differences) }
}

test('of real pictures it reads what sharp reads, less than half a level off', async (context) => {
  needsRealPictures(context)
  const folders = (await webcams()).flatMap((webcam) => [`${webcam}/day`, `${webcam}/night`])
  for (const folder of [...folders, 'parking/occupied']) {
    const pictures = (await picturesIn(folder)).slice(0, 12)
    const reader = new LuminanceReader()
    for (const jpeg of pictures.filter((_, i) => i % 4 === 0)) {
      const { mean, most } = await differenceToSharp(jpeg, reader)
      expect(mean).toBeLessThan(0.5)
      expect(most).toBeLessThan(6)
    }
  }
})

test('of progressive pictures it reads the first scan: less than two levels off', async (context) => {
  needsRealPictures(context)
  for (const webcam of await webcams()) {
    const [jpeg = new Uint8Array()] = await picturesIn(`${webcam}/day`)
    const progressive = await sharp(jpeg).jpeg({ progressive: true, quality: 70 }).toBuffer()
    expect((await differenceToSharp(progressive)).mean).toBeLessThan(2)
  }
})

test.each(['4:2:0', '4:4:4'])('colours of %s, in sizes that no block divides', async (chromaSubsampling) => {
  for (const [width, height] of [
    [1, 1],
    [8, 8],
    [17, 9],
    [320, 201],
  ]) {
    const jpeg = await sharp(await door)
      .resize(width, height, { fit: 'fill' })
      .jpeg({ chromaSubsampling })
      .toBuffer()
    if (width !== 1) expect((await differenceToSharp(jpeg)).mean).toBeLessThan(0.8)
    else expect(new LuminanceReader().read(jpeg)).toMatchObject({ width: 1, height: 1 })
  }
})

/** The door through a program of libjpeg's, which writes whatever the standard allows. */
async function through(program: string, options: string[], jpeg?: Uint8Array): Promise<Uint8Array> {
  return execFileSync(program, options, { input: jpeg ?? (await door), stdio: ['pipe', 'pipe', 'ignore'] })
}

const plain = ['-copy', 'none']

test.for([
  [...plain],
  [...plain, '-optimize'],
  [...plain, '-grayscale'],
  [...plain, '-restart', '1'],
  [...plain, '-restart', '7b'],
  [...plain, '-restart', '1b', '-optimize', '-grayscale'],
  [...plain, '-progressive'],
  [...plain, '-progressive', '-restart', '3b'],
  [...plain, '-progressive', '-grayscale'],
])('what `jpegtran %s` writes', async (options, context) => {
  needsProgram('jpegtran', 'libjpeg-turbo-progs', context)
  const jpeg = await through('jpegtran', options)
  expect((await differenceToSharp(jpeg)).mean).toBeLessThan(1)
})

test.for(['1x1', '2x1', '1x2', '2x2', '4x1', '4x2', '1x1,2x2,2x2'])('sampling %s', async (sampling, context) => {
  needsProgram('cjpeg', 'libjpeg-turbo-progs', context)
  const pixels = await through('djpeg', ['-bmp'])
  for (const more of [[], ['-restart', '5b'], ['-progressive']]) {
    const jpeg = await through('cjpeg', ['-quality', '85', '-sample', sampling, ...more], pixels)
    // Where luminance is the coarser one, a block of it is no block of pixels.
    if (sampling.includes(',')) expect(new LuminanceReader().read(jpeg)).toMatchObject({ width: 21, height: 13 })
    else expect((await differenceToSharp(jpeg)).mean).toBeLessThan(1.5)
  }
})

/** The picture without its segments of one kind. */
function without(marker: number, jpeg: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = [jpeg.subarray(0, 2)]
  for (let at = 2; ; ) {
    const length = 2 + (((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0))
    if (jpeg[at + 1] === 0xda) return Buffer.concat([...kept, jpeg.subarray(at)])
    if (jpeg[at + 1] !== marker) kept.push(jpeg.subarray(at, at + length))
    at += length
  }
}

test('pictures of a webcam that sends no Huffman tables are read with the usual ones', async (context) => {
  needsProgram('jpegtran', 'libjpeg-turbo-progs', context)
  const whole = await through('jpegtran', plain)
  const bare = without(0xc4, whole)
  expect(whole.length - bare.length).toBe(4 * 21 + 12 + 12 + 162 + 162) // tables K.3 to K.6 were in it
  expect(new LuminanceReader().read(bare)).toEqual(new LuminanceReader().read(whole))
})

test('a reader is not confused by what it read before', async (context) => {
  needsProgram('jpegtran', 'libjpeg-turbo-progs', context)
  const reader = new LuminanceReader()
  const small = await sharp(await door)
    .resize(40, 30)
    .jpeg()
    .toBuffer()
  const pictures = [plain, [...plain, '-optimize'], [...plain, '-restart', '1b'], [...plain, '-progressive']]
  const jpegs = [await door, small, ...(await Promise.all(pictures.map((options) => through('jpegtran', options))))]
  for (const jpeg of [...jpegs, without(0xc4, jpegs[2] ?? small), ...jpegs.toReversed()]) {
    expect(reader.read(jpeg)).toEqual(new LuminanceReader().read(jpeg))
  }
})

test('what no camera sends is said to be that', async (context) => {
  needsProgram('jpegtran', 'libjpeg-turbo-progs', context)
  const arithmetic = await through('jpegtran', [...plain, '-arithmetic'])
  expect(() => new LuminanceReader().read(arithmetic)).toThrow(
    expect.objectContaining({ code: 'unsupported_jpeg', fault: 'environment' }),
  )
})

const damage = expect.objectContaining({ code: expect.stringMatching(/^(damaged|unsupported)_jpeg$/) })

test('a picture that was cut off is damaged, wherever it was cut', async () => {
  const jpeg = Buffer.from(await door)
  const reader = new LuminanceReader()
  // The last bytes may be needed by chrominance alone or by nothing.
  for (let length = 0; length < jpeg.length - 8; length += 7) {
    expect(() => reader.read(jpeg.subarray(0, length))).toThrow(damage)
  }
})

test('a header of a large picture with little behind it takes no memory', async () => {
  const jpeg = Buffer.from(await door)
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
  jpeg.writeUInt16BE(65_535, frame + 5)
  jpeg.writeUInt16BE(65_535, frame + 7)
  expect(() => new LuminanceReader().read(jpeg)).toThrow(damage)
})

test('a picture of more than 67 million pixels is not judged, also where all of its blocks are there', () => {
  const quantisation = [0xff, 0xdb, 0, 67, 0, ...Array(64).fill(1)]
  const frame = [0xff, 0xc2, 0, 11, 8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]
  const table = [0xff, 0xc4, 0, 20, 0, 1, ...Array(15).fill(0), 0] // one code, of one bit
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0]
  const header = Buffer.from([0xff, 0xd8, ...quantisation, ...frame, ...table, ...scan])
  const jpeg = Buffer.concat([header, Buffer.alloc((8192 * 8192) / 8), Buffer.from([0xff, 0xd9])])
  expect(() => new LuminanceReader().read(jpeg)).toThrow(/65535 x 65535 pixels/)
})

test('a million Huffman tables that no scan uses cost nothing', async () => {
  const jpeg = Buffer.from(await door)
  const pair = [0, 1].flatMap((symbol) => [0x03, 1, ...Array(15).fill(0), symbol])
  const segment = Buffer.from([0xff, 0xc4, 0xff, 0xf2, ...Array(1820).fill(pair).flat()])
  const many = Buffer.concat([jpeg.subarray(0, 2), ...Array(300).fill(segment), jpeg.subarray(2)])
  expect(new LuminanceReader().read(many)).toEqual(new LuminanceReader().read(jpeg))
})

test('bytes of any kind are read or refused, and nothing else', async (context) => {
  needsProgram('jpegtran', 'libjpeg-turbo-progs', context)
  const random = chances(4242)
  const pictures = [
    await door,
    await through('jpegtran', [...plain, '-progressive']),
    await through('jpegtran', [...plain, '-restart', '2b']),
  ].map((jpeg) => Buffer.from(jpeg))
  const reader = new LuminanceReader()
  let read = 0
  for (let i = 0; i < 3000; i++) {
    const jpeg = Buffer.from(pictures[i % 3] ?? [])
    // Half of the harm is done to the header.
    const reach = i % 2 === 0 ? jpeg.length : 700
    for (let harm = 0; harm <= i % 5; harm++) jpeg[Math.floor(random() * reach)] = Math.floor(random() * 256)
    try {
      const { width, height, levels } = reader.read(jpeg)
      expect(levels.length).toBe(width * height)
      read++
    } catch (error) {
      expect(error).toEqual(damage)
    }
  }
  expect(read).toBeGreaterThan(100)
  for (let i = 0; i < 1000; i++) {
    const noise = Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256)))
    expect(() => reader.read(Buffer.concat([Buffer.from([0xff, 0xd8]), noise]))).toThrow(damage)
  }
  expect(reader.read(await door)).toEqual(new LuminanceReader().read(await door))
})
