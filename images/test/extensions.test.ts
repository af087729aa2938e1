import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fitsExtensions, imageInfo, loadImage } from '../src/index.ts'
import { python, temporaryFolder } from './astropy.ts'

const folder = temporaryFolder()
python('write-extensions.py', folder)
const plain = join(folder, 'amplifiers.fits')

test('the images of a file are listed as astropy finds them, plain, gzipped and compressed in tiles', async () => {
  const packed = join(folder, 'amplifiers.fits.gz')
  writeFileSync(packed, gzipSync(readFileSync(plain)))
  for (const path of [plain, packed, join(folder, 'amplifiers.fits.fz')]) {
    const found = await fitsExtensions(path)
    expect(found.map(({ index, name, width, height }) => [index, name, width, height])).toEqual([
      [1, 'A1', 7, 5],
      [3, 'A2', 9, 4],
    ])
    const cards = new Map(found[1]?.cards.map(({ keyword, value }) => [keyword, value]))
    expect([cards.get('DETSEC'), cards.get('OBSERVER'), cards.get('BITPIX')]).toEqual(['[8:16,1:4]', 'Ada', 16])
  }
})

test('one of them is read by name or number', async () => {
  for (const extension of ['A2', 3]) {
    const { width, samples } = await loadImage(plain, { extension })
    expect([width, ...samples.subarray(0, 3)]).toEqual([9, 1000, 1001, 1002])
    expect(await imageInfo(plain, { extension })).toMatchObject({ width: 9, height: 4 })
  }
  expect((await loadImage(plain)).width).toBe(7)
})

test('one that is not there is told with those that are', async () => {
  const list = 'it has: 1 (A1), 3 (A2).'
  await expect(loadImage(plain, { extension: 'B' })).rejects.toThrow(`This file has no image "B"; ${list}`)
  await expect(loadImage(plain, { extension: 2 })).rejects.toThrow(`This file has no image 2; ${list}`)
  await expect(loadImage(plain, { extension: -1 })).rejects.toMatchObject({ code: 'no_extension' })
  await expect(loadImage(plain, { extension: 0 })).rejects.toMatchObject({ code: 'no_extension' })
})

test('a file that breaks off still has the images before that', async () => {
  const path = join(folder, 'broken.fits')
  writeFileSync(path, Buffer.concat([readFileSync(plain), Buffer.from("XTENSION= 'IMAGE   '".padEnd(100))]))
  expect((await fitsExtensions(path)).map(({ name }) => name)).toEqual(['A1', 'A2'])
  writeFileSync(path, 'no picture')
  expect(await fitsExtensions(path)).toEqual([])
})

test('other pictures have none', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  await expect(loadImage(png, { extension: 'A1' })).rejects.toThrow('Only FITS files have extensions')
  expect((await loadImage(png, { extension: 0 })).width).toBe(1)
})
