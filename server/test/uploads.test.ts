import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { Uploads } from '../src/training/labels/uploads.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function uploads(options: Partial<ConstructorParameters<typeof Uploads>[0]> = {}) {
  const folder = join(await temporaryFolder(onTestFinished), 'imports')
  const made = new Uploads({ folder, mostBytes: 1000, room: async () => 1e9, needed: async () => [], ...options })
  await made.start()
  return { uploads: made, there: () => readdirSync(folder), folder }
}

const name = async (upload: string) => upload
const body = (bytes: number) => Readable.from([Buffer.alloc(bytes)])

test('an upload is a file when it is whole, and stays as long as somebody needs it', async () => {
  const needed: string[] = []
  const { uploads: kept, there } = await uploads({ needed: async () => needed })
  const upload = await kept.take('anna', body(10), 10, async (path) => {
    needed.push(path)
    return path
  })
  await kept.sweep()
  expect(there()).toEqual([upload])
  needed.pop()
  await kept.sweep()
  expect(there()).toEqual([])
})

test('what an earlier run left is cleared at the start', async () => {
  const { uploads: kept, folder, there } = await uploads()
  writeFileSync(join(folder, 'a.zip.part'), 'x')
  writeFileSync(join(folder, 'b.zip'), 'x')
  await kept.start()
  expect(there()).toEqual([])
})

test('one of each caller, and four in all', async () => {
  const { uploads: kept } = await uploads()
  const bodies = ['a', 'b', 'c', 'd'].map((caller) => {
    const slow = new PassThrough()
    return { slow, taken: kept.take(caller, slow, null, name) }
  })
  await expect(kept.take('a', body(1), 1, name)).rejects.toMatchObject({ status: 409, code: 'upload_runs' })
  await expect(kept.take('e', body(1), 1, name)).rejects.toMatchObject({ status: 503, code: 'busy' })
  for (const { slow } of bodies) slow.end('x')
  await Promise.all(bodies.map(({ taken }) => taken))
  await kept.take('a', body(1), 1, name)
})

test('a caller who stalls in the middle is not waited for', async () => {
  const { uploads: kept, there } = await uploads({ stallMs: 50 })
  const slow = new PassThrough()
  slow.write('some')
  await expect(kept.take('anna', slow, 100, name)).rejects.toMatchObject({ status: 408, code: 'stalled' })
  expect(there()).toEqual([])
})

test('one that breaks off leaves nothing behind', async () => {
  const { uploads: kept, there } = await uploads()
  const broken = new PassThrough()
  broken.write('some')
  const taken = kept.take('anna', broken, 100, name)
  await new Promise((resolve) => setTimeout(resolve, 20))
  broken.destroy()
  await expect(taken).rejects.toMatchObject({ status: 400, code: 'cut_off' })
  expect(there()).toEqual([])
})

test('it is bounded by its setting and by the disk, also in the middle', async () => {
  let room = 1e9
  const { uploads: kept, there } = await uploads({ mostBytes: 100e6, room: async () => room })
  await expect(kept.take('anna', body(1), 100e6 + 1, name)).rejects.toMatchObject({ status: 413, code: 'too_large' })
  room = 50
  await expect(kept.take('anna', body(1), 30, name)).rejects.toMatchObject({ status: 507, code: 'disk_full' })
  room = 1e9
  const filling = Readable.from(
    (function* () {
      for (let i = 0; i < 40; i++) {
        if (i === 10) room = 0
        yield Buffer.alloc(1e6)
      }
    })(),
  )
  await expect(kept.take('anna', filling, null, name)).rejects.toMatchObject({ status: 507 })
  expect(there()).toEqual([])
})

test('where nothing can be made of it, it goes', async () => {
  const { uploads: kept, there } = await uploads()
  const refuse = async () => {
    throw new Error('too many jobs wait')
  }
  await expect(kept.take('anna', body(1), 1, refuse)).rejects.toThrow('too many jobs')
  expect(there()).toEqual([])
})
