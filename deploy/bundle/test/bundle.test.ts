import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { digestOf, freshChunk } from '../src/current.ts'

async function folderWithBundle() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-bundle-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const root = pathToFileURL(folder + sep)
  await mkdir(join(folder, 'dist'))
  await writeFile(join(folder, 'a.ts'), 'one')
  await writeFile(join(folder, 'b.ts'), 'two')
  const sources = { 'a.ts': digestOf(Buffer.from('one')), 'b.ts': digestOf(Buffer.from('two')) }
  await writeFile(
    join(folder, 'dist', 'current.json'),
    JSON.stringify({ folder: 'b-1', entries: { server: 'server.mjs' }, sources }),
  )
  const dist = new URL('dist/', root)
  return { folder, dist, chunk: (name: string) => freshChunk(name, dist, root) }
}

test('a bundle is taken where it is of just these sources', async () => {
  const { dist, chunk } = await folderWithBundle()
  expect(chunk('server')?.href).toBe(new URL('b-1/server.mjs', dist).href)
})

test('a source that changes makes it stale, and one that is as it was makes it fresh again', async () => {
  const { folder, chunk } = await folderWithBundle()
  await writeFile(join(folder, 'b.ts'), 'too')
  expect(chunk('server')).toBe(null)
  await writeFile(join(folder, 'b.ts'), 'two')
  expect(chunk('server')).not.toBe(null)
})

test('a release takes it, which has the sources of its own processes alone', async () => {
  const { folder, chunk } = await folderWithBundle()
  await rm(join(folder, 'a.ts'))
  expect(chunk('server')).not.toBe(null)
})

test('where none was made, or it cannot be read, the sources run', async () => {
  const { folder, dist, chunk } = await folderWithBundle()
  expect(chunk('somebody')).toBe(null)
  await writeFile(new URL('current.json', dist), '{"folder":')
  expect(chunk('server')).toBe(null)
  await rm(join(folder, 'dist'), { recursive: true })
  expect(chunk('server')).toBe(null)
})
