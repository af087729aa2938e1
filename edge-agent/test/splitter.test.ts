import sharp from 'sharp'
import { expect, test } from 'vitest'
import { JpegSplitter, wholeJpeg } from '../src/capture/stream/splitter.ts'
import { realPictures, withoutTables, withThumbnail } from './cameras.ts'

const at = { wallMs: 1, monotonicMs: 1 }

function split(stream: Buffer, chunkBytes: number, maxBytes = 1_000_000) {
  const pictures: Uint8Array[] = []
  const splitter = new JpegSplitter({ maxBytes, onPicture: (jpeg) => pictures.push(jpeg) })
  for (let from = 0; from < stream.length; from += chunkBytes) {
    splitter.push(stream.subarray(from, from + chunkBytes), at)
  }
  return { pictures: pictures.map((jpeg) => Buffer.from(jpeg)), splitter }
}

test.each([1, 2, 3, 1000, 65_536, 1e9])('pictures in chunks of %d bytes come out whole', async (chunkBytes) => {
  const colours = [10, 100, 200].map((red) => ({ r: red, g: 50, b: 50 }))
  const pictures = await Promise.all(
    colours.map((background) =>
      sharp({
        create: { width: 64, height: 48, channels: 3, background, noise: { type: 'gaussian', mean: 100, sigma: 50 } },
      })
        .jpeg({ quality: 95, progressive: background.r === 100 })
        .toBuffer(),
    ),
  )
  const { pictures: found, splitter } = split(Buffer.concat(pictures), chunkBytes)
  expect(found).toEqual(pictures)
  expect([splitter.broken, splitter.strayBytes]).toEqual([0, 0])
})

test.for([1, 7, 4096, 1e9])(
  'garbage, thumbnails and pictures that break off, in chunks of %d',
  async (size, ...rest) => {
    const context = rest.at(-1) as never
    const { webcam, thumbnail } = await realPictures(context)
    const [a, b, c, d] = webcam as [Buffer, Buffer, Buffer, Buffer]
    const exif = withThumbnail(b, thumbnail)
    const stream = Buffer.concat([
      Buffer.from('Recording started\n\xff\xd8 not a picture \xff\xff', 'latin1'),
      a,
      Buffer.alloc(500),
      exif,
      c.subarray(0, c.length / 2), // breaks off in its scan
      exif,
      exif.subarray(0, 300), // breaks off in its thumbnail
      Buffer.from([0xff, 0xd8, 0xff, 0xd9]), // an end without a picture
      withoutTables(d),
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x40, 0x00]), // a start by chance, whose length reaches over the next picture
      d,
      a,
    ])
    expect(split(stream, size).pictures).toEqual([a, exif, exif, withoutTables(d), d, a])
  },
)

test('restart markers, stuffed bytes and fill bytes belong to the picture', () => {
  const hex = 'ffd8 ffe00004aaaa ffffffdb0004bbbb ffda0003cc 01ff0002ffd003ffffd704 ffdc00040001 ffd9'
  const picture = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  for (const size of [1, 2, 100])
    expect(split(Buffer.concat([picture, picture]), size).pictures).toEqual([picture, picture])
})

test('what is too large is left out and counted, and no more than the bound is kept', async (context) => {
  const { webcam } = await realPictures(context)
  const [a, b] = webcam as [Buffer, Buffer]
  const huge = Buffer.concat([a.subarray(0, a.length - 2), Buffer.alloc(300_000, 1), a.subarray(a.length - 2)])
  const { pictures, splitter } = split(Buffer.concat([huge, b]), 5000, 100_000)
  expect(pictures).toEqual([b])
  expect(splitter.broken).toBeGreaterThan(0)
  const endless = split(Buffer.concat([a.subarray(0, 5000), Buffer.alloc(5_000_000, 7)]), 65_536, 100_000)
  expect(endless.pictures).toEqual([])
  expect(endless.splitter.strayBytes).toBeGreaterThan(4_800_000)
})

test('a picture is dated by its first bytes', () => {
  const picture = Buffer.from('ffd8ffda0003cc0102ffd9', 'hex')
  const dates: number[] = []
  const splitter = new JpegSplitter({ maxBytes: 100, onPicture: (_, { wallMs }) => dates.push(wallMs) })
  splitter.push(picture.subarray(0, 5), { wallMs: 10, monotonicMs: 0 })
  splitter.push(Buffer.concat([picture.subarray(5), picture.subarray(0, 8)]), { wallMs: 20, monotonicMs: 0 })
  splitter.push(picture.subarray(8), { wallMs: 30, monotonicMs: 0 })
  expect(dates).toEqual([10, 20])
})

test('one picture alone is told from none, a part and what follows it', async (context) => {
  const { webcam, thumbnail } = await realPictures(context)
  const picture = withThumbnail(webcam[0] as Buffer, thumbnail)
  expect(wholeJpeg(Buffer.concat([picture, Buffer.alloc(40)]))).toEqual(new Uint8Array(picture))
  for (const cut of [0, 1, 2, 3, 300, 1000, picture.length - 1]) expect(wholeJpeg(picture.subarray(0, cut))).toBeNull()
  expect(wholeJpeg(Buffer.concat([Buffer.from('x'), picture]))).toBeNull()
})
