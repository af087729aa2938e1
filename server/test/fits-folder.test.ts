import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFits } from '@ajar/images'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { FitsFolder } from '../src/datasessions/sources/fits-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

let root: string
let now = 0
let folder: FitsFolder

beforeEach(async () => {
  root = await temporaryFolder(onTestFinished)
  now = 0
  folder = new FitsFolder(root, () => now)
})

const write = async (path: string, value = 1) => {
  mkdirSync(join(root, path, '..'), { recursive: true })
  await writeFits(join(root, path), { width: 4, height: 2, planes: 1, samples: new Uint8Array(8).fill(value) })
}
const names = async () => (await folder.list()).map(({ basename }) => basename).sort()

test('files are found by basename, in folders below too; of two of a name the first counts', async () => {
  for (const path of ['b/one.fits', 'a/one.fits', 'two.fit', 'three.fts', 'c/d/four.FITS', 'notes.txt', '.fits'])
    await write(path)
  expect(await names()).toEqual(['four', 'one', 'three', 'two'])
  expect((await folder.find('one'))?.path).toMatch(/a\/one\.fits$/)
  for (const name of ['none', 'a/one', '../one', 'one.fits', '', '.', '..']) expect(await folder.find(name)).toBeNull()
})

test('a new file is found after a while, a changed one is another at once, a gone one is not there', async () => {
  await write('one.fits')
  const before = await folder.find('one')
  await write('two.fits')
  expect(await folder.find('two')).toBeNull()
  now += 5001
  expect(await folder.find('two')).not.toBeNull()
  utimesSync(join(root, 'one.fits'), 1, 1)
  const touched = await folder.find('one')
  expect(touched?.fingerprint).not.toBe(before?.fingerprint)
  await write('other.fits')
  utimesSync(join(root, 'other.fits'), 1, 1)
  renameSync(join(root, 'other.fits'), join(root, 'one.fits'))
  expect((await folder.find('one'))?.fingerprint).not.toBe(touched?.fingerprint)
  rmSync(join(root, 'one.fits'))
  now += 5001
  expect(await folder.find('one')).toBeNull()
})

test('links lead no further than the folder, also where one takes the place of a file', async () => {
  const outside = await temporaryFolder(onTestFinished)
  await writeFits(join(outside, 'secret.fits'), { width: 1, height: 1, planes: 1, samples: new Uint8Array(1) })
  await write('one.fits')
  symlinkSync(join(outside, 'secret.fits'), join(root, 'secret.fits'))
  symlinkSync(outside, join(root, 'outside'))
  symlinkSync('one.fits', join(root, 'again.fits'))
  symlinkSync(root, join(root, 'round'))
  symlinkSync('nowhere', join(root, 'broken.fits'))
  expect(await names()).toEqual(['again', 'one'])
  rmSync(join(root, 'one.fits'))
  symlinkSync(join(outside, 'secret.fits'), join(root, 'one.fits'))
  expect(await folder.find('one')).toBeNull()
})

test('what lies too deep is not looked at', async () => {
  await write('1/2/3/4/5/6/7/8/in.fits')
  await write('1/2/3/4/5/6/7/8/9/out.fits')
  expect(await names()).toEqual(['in'])
  expect(folder.isCut).toBe(true)
})

test('headers are read when they are asked for; a file that is no picture has none', async () => {
  await write('one.fits')
  writeFileSync(join(root, 'notes.fits'), 'notes')
  const [notes, one] = await folder.list()
  expect(notes && (await folder.header(notes))).toBeNull()
  expect(one && (await folder.header(one))).toMatchObject({ width: 4, height: 2, planes: 1 })
})

test('a folder that is not there is as if it were empty, and says why, until it is there', async () => {
  root = join(root, 'later')
  folder = new FitsFolder(root, () => now)
  expect(await names()).toEqual([])
  expect(await folder.find('one')).toBeNull()
  expect(folder.trouble).toContain('ENOENT')
  await write('one.fits')
  now += 5001
  expect(await names()).toEqual(['one'])
  expect(folder.trouble).toBeNull()
})
