import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { fromBufferPromise } from 'yauzl'
import { storedZip, type ZipEntry } from '../src/http/stored-zip.ts'

const AT = Date.UTC(2026, 10, 30, 13, 14, 15)

async function* entries(all: ZipEntry[]) {
  yield* all
}
const zipOf = (all: ZipEntry[]) => buffer(Readable.from(storedZip(entries(all))))

/** Its files by name, as another program reads them. */
async function read(zip: Buffer) {
  const opened = await fromBufferPromise(zip)
  const files = new Map<string, { bytes: Buffer; mtime: Date }>()
  for await (const entry of opened.eachEntry()) {
    const bytes = await buffer(await opened.openReadStreamPromise(entry))
    expect(crc32(bytes)).toBe(entry.crc32)
    files.set(entry.fileName, { bytes, mtime: entry.getLastModDate() })
  }
  return files
}

test('what is written is read by others: pictures as they are, text deflated, and when each is of', async () => {
  const [picture, none] = [Buffer.from([255, 216, 1, 2, 3]), Buffer.alloc(0)]
  async function* text() {
    for (let i = 0; i < 5000; i++) yield `{"line":${i}}\n`
  }
  const zip = await zipOf([
    { name: 'a.jpg', modifiedAt: AT, bytes: picture },
    { name: 'none.jpg', modifiedAt: AT, bytes: none },
    { name: 'results.ndjson', modifiedAt: AT, text: text() },
    { name: 'tür.jpg', modifiedAt: AT, bytes: picture },
  ])
  const files = await read(zip)
  expect([...files.keys()]).toEqual(['a.jpg', 'none.jpg', 'results.ndjson', 'tür.jpg'])
  expect(files.get('a.jpg')).toEqual({ bytes: picture, mtime: new Date(AT) })
  expect(files.get('tür.jpg')?.bytes).toEqual(picture)
  expect(files.get('none.jpg')?.bytes).toEqual(none)
  expect(files.get('results.ndjson')?.bytes.toString().split('\n').at(4999)).toBe('{"line":4999}')
  expect(zip.length).toBeLessThan(40_000)
})

test('more files than 16 bits count', async () => {
  const all = Array.from({ length: 70_000 }, (_, i) => ({
    name: `${i}.jpg`,
    modifiedAt: AT,
    bytes: Buffer.from([i & 255]),
  }))
  const files = await read(await zipOf(all))
  expect(files.size).toBe(70_000)
  expect(files.get('69999.jpg')?.bytes).toEqual(Buffer.from([69_999 & 255]))
})

test('a text that fails in its middle fails the zip', async () => {
  async function* text() {
    yield 'one'
    throw new Error('the disk is gone')
  }
  await expect(zipOf([{ name: 'results.ndjson', modifiedAt: AT, text: text() }])).rejects.toThrow('the disk is gone')
})

test('one entry is asked for when the one before was taken, and none after its reader has gone', async () => {
  const asked: number[] = []
  let ended = false
  async function* pictures() {
    try {
      for (let i = 0; ; i++) {
        asked.push(i)
        yield { name: `${i}.jpg`, modifiedAt: AT, bytes: Buffer.alloc(100_000) }
      }
    } finally {
      ended = true
    }
  }
  const zip = Readable.from(storedZip(pictures()))
  const iterator = zip[Symbol.asyncIterator]()
  for (let i = 0; i < 3; i++) await iterator.next()
  expect(asked.length).toBeLessThan(5)
  zip.destroy()
  await new Promise((resolve) => setImmediate(resolve))
  expect(ended).toBe(true)
})
