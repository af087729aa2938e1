import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { imageInfo, loadImage, openImage } from '../src/index.ts'
import { temporaryFolder, writtenByAstropy } from './astropy.ts'
import type { Outcome } from './hostile.ts'

const folder = temporaryFolder()
const MEMORY = 512 * 1024 * 1024

beforeAll(async () => {
  writtenByAstropy(folder)
  const noise = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * 7919) % 251))
  const picture = sharp(noise, { raw: { width: 64, height: 48, channels: 3 } })
  writeFileSync(join(folder, 'picture.jpg'), await picture.clone().jpeg().toBuffer())
  writeFileSync(join(folder, 'picture.png'), await picture.clone().png().toBuffer())
  writeFileSync(join(folder, 'picture.tif'), await picture.clone().tiff({ compression: 'lzw' }).toBuffer())
})

const fits = (...cards: string[]) => {
  const text = [...cards, 'END'].map((card) => card.padEnd(80)).join('')
  return Buffer.from(text.padEnd(Math.ceil(text.length / 2880) * 2880), 'latin1')
}
const card = (keyword: string, value: string | number | boolean) =>
  `${keyword.padEnd(8)}= ${(typeof value === 'string' ? `'${value}'` : typeof value === 'boolean' ? (value ? 'T' : 'F') : String(value)).padStart(20)}`
const image = (axes: (number | string)[], bitpix = 16, more: string[] = []) =>
  fits(
    card('SIMPLE', true),
    card('BITPIX', bitpix),
    card('NAXIS', axes.length),
    ...axes.map((axis, i) => `${`NAXIS${i + 1}`.padEnd(8)}= ${String(axis).padStart(20)}`),
    ...more,
  )
const data = (length: number) => Buffer.alloc(Math.ceil(length / 2880) * 2880)

const bad: [string, () => Buffer, string][] = [
  ['nothing', () => Buffer.alloc(0), 'not_an_image'],
  ['a text', () => Buffer.from('All that is seen.'), 'not_an_image'],
  ['10^12 pixels', () => image([1_000_000, 1_000_000]), 'too_large'],
  ['10^12 pixels, gzipped', () => gzipSync(image([1_000_000, 1_000_000])), 'too_large'],
  ['more pixels than numbers count', () => image([1e15, 1e15]), 'bad_header'],
  ['a side that is endless', () => image(['1E999', 5]), 'bad_header'],
  ['a negative side', () => image([-5, 5]), 'bad_header'],
  ['half a pixel', () => image([5.5, 5]), 'bad_header'],
  ['999 axes that are not told', () => fits(card('SIMPLE', true), card('BITPIX', 8), card('NAXIS', 999)), 'bad_header'],
  ['NAXIS -1', () => fits(card('SIMPLE', true), card('BITPIX', 8), card('NAXIS', -1)), 'bad_header'],
  ['NAXIS 10^9', () => fits(card('SIMPLE', true), card('BITPIX', 8), card('NAXIS', 1e9)), 'bad_header'],
  ['no NAXIS', () => fits(card('SIMPLE', true), card('BITPIX', 8)), 'bad_header'],
  ['BITPIX 12', () => image([5, 5], 12), 'bad_header'],
  ['no data', () => image([50, 50]), 'truncated'],
  ['no data, gzipped', () => gzipSync(image([5000, 5000])), 'truncated'],
  ['a cube of seven planes', () => Buffer.concat([image([5, 5, 7]), data(350)]), 'not_supported'],
  ['a header without END', () => Buffer.alloc(3 << 20, card('SIMPLE', true).padEnd(80)), 'bad_header'],
  ['a header without END that ends', () => image([5, 5]).subarray(0, 400), 'truncated'],
  ['PCOUNT that is negative', () => image([5, 5], 16, [card('PCOUNT', -1e6)]), 'bad_header'],
  ['PCOUNT that is endless', () => image([5, 5], 16, [card('PCOUNT', 1e300)]), 'bad_header'],
  ['no image', () => image([]), 'not_an_image'],
  ['a spectrum', () => Buffer.concat([image([500]), data(1000)]), 'not_an_image'],
  ['extensions without an end', () => Buffer.concat([image([]), ...Array(20_000).fill(extension())]), 'not_an_image'],
  [
    'extensions without an end, gzipped',
    () => gzipSync(Buffer.concat([image([]), ...Array(20_000).fill(extension())])),
    'not_an_image',
  ],
  ['half a gzip file', () => gzipSync(Buffer.concat([image([50, 50]), data(5000)])).subarray(0, 60), 'truncated'],
  ['a gzip file of a text', () => gzipSync('All that is seen.'), 'not_an_image'],
]
const extension = () =>
  fits(card('XTENSION', 'IMAGE'), card('BITPIX', 8), card('NAXIS', 0), card('PCOUNT', 0), card('GCOUNT', 1))

test.each(bad)('%s is refused', async (_name, bytesOf, code) => {
  const bytes = bytesOf()
  await expect(loadImage(bytes)).rejects.toMatchObject({ name: 'Error', code, fault: 'caller' })
  const path = join(folder, 'bad')
  writeFileSync(path, bytes)
  await expect(loadImage(path, { name: 'porch.fits' })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/^porch\.fits: [A-Z].*\.$/),
  })
})

test('an extension that is broken does not spoil the image before it', async () => {
  const good = Buffer.concat([image([5, 5], 8), data(25)])
  for (const rest of [extension().subarray(0, 300), image([1e15, 1e15]), Buffer.from('something else')])
    expect(await imageInfo(Buffer.concat([good, rest]))).toMatchObject({ width: 5, height: 5 })
})

test('a folder, a pipe or nothing at all is an error, and nobody waits', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(openImage(pipe)).rejects.toMatchObject({ code: 'not_an_image' })
  const inside = join(folder, 'inside')
  mkdirSync(inside)
  await expect(openImage(inside)).rejects.toMatchObject({ code: 'not_an_image' })
  await expect(openImage(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'ENOENT' })
})

/** A compressed image with other words in its header, or another number at a place of its table. */
function changed(file: string, change: (bytes: Buffer, tableAt: number) => void) {
  const bytes = readFileSync(join(folder, file))
  const header = bytes.indexOf('XTENSION')
  const end = bytes.indexOf(`END${' '.repeat(77)}`, header)
  change(bytes, header + Math.ceil((end + 80 - header) / 2880) * 2880)
  return bytes
}
const setCard = (keyword: string, value: string | number) => (bytes: Buffer) => {
  const at = bytes.indexOf(`${keyword.padEnd(8)}=`, bytes.indexOf('XTENSION'))
  expect(at).toBeGreaterThan(0)
  bytes.write(card(keyword, value).padEnd(80), at, 'latin1')
}

const rice = 'rice_1-i16-rows.fits'
test.each<[string, string, (bytes: Buffer, tableAt: number) => void, string]>([
  ['heap pointers outside', rice, (bytes, at) => bytes.writeInt32BE(1e9, at + 4), 'bad_header'],
  ['heap pointers before it', rice, (bytes, at) => bytes.writeInt32BE(-8, at + 4), 'bad_header'],
  ['a length that is negative', rice, (bytes, at) => bytes.writeInt32BE(-1, at), 'bad_header'],
  ['a tile of no length', rice, (bytes, at) => bytes.writeInt32BE(0, at), 'bad_header'],
  ['rice data that ends early', rice, (bytes, at) => bytes.writeInt32BE(5, at), 'truncated'],
  ['tiles that are smaller than told', rice, setCard('ZTILE1', 7), 'bad_header'],
  ['tiles that are larger than told', rice, setCard('ZTILE2', 53), 'truncated'],
  ['tiles of no size', rice, setCard('ZTILE1', 0), 'bad_header'],
  ['tiles of a negative size', rice, setCard('ZTILE2', -3), 'bad_header'],
  ['an image larger than its tiles', rice, setCard('ZNAXIS2', 9000), 'bad_header'],
  ['an image of 10^12 pixels', rice, setCard('ZNAXIS1', 1e12), 'too_large'],
  ['rows that are shorter than columns', rice, setCard('NAXIS1', 4), 'bad_header'],
  ['a heap that is not there', rice, setCard('PCOUNT', 1e12), 'truncated'],
  ['PCOUNT that tells of no heap', rice, setCard('PCOUNT', 0), 'bad_header'],
  ['another compression', rice, setCard('ZCMPTYPE', 'PLIO_1'), 'not_supported'],
  ['an unknown one', rice, setCard('ZCMPTYPE', 'BEST'), 'not_supported'],
  ['BYTEPIX 3', rice, setCard('ZVAL2', 3), 'not_supported'],
  ['blocks of no size', rice, setCard('ZVAL1', 0), 'bad_header'],
  ['columns of no type', rice, setCard('TFORM1', 'Z'), 'bad_header'],
  ['gzip data that ends early', 'gzip_1-i16-rows.fits', (bytes, at) => bytes.writeInt32BE(19, at), 'truncated'],
  ['gzip data of too few pixels', 'gzip_1-i16-rows.fits', setCard('ZNAXIS1', 72), 'bad_header'],
  ['rounding of an unknown kind', 'rice_1-f32-dither-1.fits', setCard('ZQUANTIZ', 'CAREFUL'), 'not_supported'],
])('compressed FITS with %s is refused', async (_name, file, change, code) => {
  const bytes = changed(file, change)
  await expect(loadImage(bytes)).rejects.toMatchObject({ code })
  await expect(loadImage(gzipSync(bytes))).rejects.toMatchObject({ code })
})

test('a FITS file cut anywhere is an image or refused', async () => {
  for (const file of [
    'plain-i16.fits',
    'sci.fits',
    'gzip-f32.fits.gz',
    rice,
    'gzip_1-f32-dither-2.fits',
    'picture.jpg',
    'picture.png',
    'picture.tif',
  ]) {
    const bytes = readFileSync(join(folder, file))
    for (let cut = 0; cut < 60; cut++) {
      const part = bytes.subarray(0, Math.floor((bytes.length * cut) / 60))
      const outcome = await loadImage(part).then(
        () => 'image',
        ({ code }) => code,
      )
      expect(['image', 'truncated', 'not_an_image', 'bad_header']).toContain(outcome)
    }
  }
})

test('gzip bombs are bounded by what the header says', async () => {
  const path = join(folder, 'bomb.gz')
  const zeros = Buffer.alloc(1 << 20)
  const bomb = (header: Buffer, megabytes: number) =>
    pipeline(
      (function* () {
        yield header
        for (let i = 0; i < megabytes; i++) yield zeros
      })(),
      createGzip({ level: 1 }),
      createWriteStream(path),
    )
  const run = (): Outcome => child('1', 'bomb.gz')
  // A small picture in front of a gigabyte.
  await bomb(Buffer.concat([image([50, 50]), data(5000)]), 1024)
  expect(await loadImage(path)).toMatchObject({ width: 50, height: 50 })
  // A gigabyte that is no picture.
  await bomb(image([1 << 30], 8), 1024)
  await expect(loadImage(path)).rejects.toMatchObject({ code: 'not_an_image' })
  expect(run().memory).toBeLessThan(MEMORY)
})

function child(times: string, ...files: string[]): Outcome {
  const printed = execFileSync(process.execPath, [join(import.meta.dirname, 'hostile.ts'), folder, times, ...files], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    // What hangs is told of, and ended.
    timeout: 110_000,
  })
  return JSON.parse(printed)
}

test('bytes harmed by chance make an image or an ImageError, and memory stays bounded', { timeout: 120_000 }, () => {
  const kinds = ['plain-u16', 'plain-f64', 'colour-f32', 'cards', 'sci', 'extension', 'blank-16-scaled']
  const packed = ['rice_1-u8-wild', 'rice_1-i16-square', 'rice_1-i32-odd', 'rice_1-f32-dither-1', 'rice_1-f64-flat']
  const zipped = ['gzip_1-u16-whole', 'gzip_1-f32-blank-2', 'gzip-2-i32', 'long-descriptors-i16', 'other-columns-f32']
  const files = [...kinds, ...packed, ...zipped].map((name) => `${name}.fits`)
  files.push(
    'gzip-i16.fits.gz',
    'sci-gzip.fits.gz',
    'tiles-in-gzip-u8.fits.gz',
    'picture.jpg',
    'picture.png',
    'picture.tif',
  )
  const { images, refused, faults, memory } = child('150', ...files)
  expect(faults).toEqual([])
  expect(images).toBeGreaterThan(300)
  expect(Object.keys(refused).sort()).toEqual(['bad_header', 'not_an_image', 'not_supported', 'too_large', 'truncated'])
  expect(memory).toBeLessThan(MEMORY)
})
