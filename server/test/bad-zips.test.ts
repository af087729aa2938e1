import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { ImportError, type ImportMessage } from '../src/training/labels/import-messages.ts'
import { importZip } from '../src/training/labels/import-task.ts'
import { plainJpeg } from './pictures.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { type Packed, tampered, zipOf } from './zips.ts'

const MB = 1_000_000

let jpeg: Uint8Array
beforeAll(async () => {
  jpeg = await plainJpeg(1)
})

const zeros = (bytes: number) => new Uint8Array(bytes)
const open = (name: string, more: Partial<Packed> = {}): Packed => ({ name: `open/${name}`, bytes: jpeg, ...more })

/** Lies about the size of the only deflated file: in its list, as packers write it last. */
function lying(zip: Uint8Array, claimed: number): Uint8Array {
  const bytes = Buffer.from(zip)
  bytes.writeUInt32LE(claimed, bytes.indexOf('PK\x01\x02', 0, 'latin1') + 24)
  return new Uint8Array(bytes)
}

/** One list of many names for the same bytes: a bomb that needs no archive within itself. */
function overlapping(zip: Uint8Array, times: number): Uint8Array {
  const bytes = Buffer.from(zip)
  const from = bytes.indexOf('PK\x01\x02', 0, 'latin1')
  const to = bytes.indexOf('PK\x05\x06', 0, 'latin1')
  const end = Buffer.from(bytes.subarray(to))
  const entries = Array.from({ length: times }, (_, i) => {
    const entry = Buffer.from(bytes.subarray(from, to))
    entry.write(String(i).padStart(3, '0'), 46 + 'open/'.length)
    return entry
  })
  end.writeUInt16LE(times, 8)
  end.writeUInt16LE(times, 10)
  end.writeUInt32LE(
    entries.reduce((sum, { length }) => sum + length, 0),
    12,
  )
  return new Uint8Array(Buffer.concat([bytes.subarray(0, from), ...entries, end]))
}

const REFUSED: [string, string, RegExp, () => Promise<Uint8Array> | Uint8Array][] = [
  ['no zip', 'bad_zip', /no zip/, () => Buffer.from('this is no zip at all, although it is long enough to be one')],
  ['nothing', 'bad_zip', /no zip/, () => new Uint8Array()],
  ['an empty zip', 'no_pictures', /no picture/, () => zipOf([])],
  ['half a zip', 'bad_zip', /not all of it/, async () => (await zipOf([open('a.jpg')])).subarray(0, 400)],
  ['no pictures', 'no_pictures', /no picture/, () => zipOf([{ name: 'open/a.txt', bytes: 'x' }])],
  ['a picture in no folder', 'bad_layout', /a\.jpg lies in no folder/, () => zipOf([{ name: 'a.jpg', bytes: jpeg }])],
  ['two depths', 'bad_layout', /side by side/, () => zipOf([open('a.jpg'), open('x/b.jpg')])],
  [
    'two folders of one state',
    'bad_layout',
    /Open and open/,
    () => zipOf([open('a.jpg'), { name: 'Open/b.jpg', bytes: jpeg }]),
  ],
  ['a reserved name', 'bad_layout', /unknown/, () => zipOf([{ name: 'unknown/b.jpg', bytes: jpeg }])],
  ['an unknown state', 'unknown_state', /ajar.*open, closed/, () => zipOf([{ name: 'ajar/b.jpg', bytes: jpeg }])],
  [
    'a way out',
    'bad_entry',
    /\.\.\/b\.jpg/,
    async () => tampered(await zipOf([open('ab.jpg')]), 'open/ab.jpg', '../../b.jpg'),
  ],
  [
    'a path of the disk',
    'bad_entry',
    /\/etc\/x/,
    async () => tampered(await zipOf([open('e.jpg')]), 'open/e.jpg', '/etc/x.jpg'),
  ],
  [
    'a backslash',
    'bad_entry',
    /open\\/,
    async () => tampered(await zipOf([open('e.jpg')]), 'open/e.jpg', 'open\\e.jpg'),
  ],
  ['a NUL', 'bad_entry', /NUL/, async () => tampered(await zipOf([open('e.jpg')]), 'open/e.jpg', 'open/e\0jpg')],
  ['a symbolic link', 'bad_entry', /link/, () => zipOf([open('a.jpg', { mode: 0o120777 })])],
  [
    'a zip within',
    'bad_entry',
    /archive/,
    async () => zipOf([open('a.jpg'), open('b.zip', { bytes: await zipOf([open('c.jpg')]) })]),
  ],
  ['a name twice', 'bad_entry', /twice/, () => zipOf([open('a.jpg'), open('a.jpg')])],
  [
    'too many files',
    'too_many_entries',
    /20001/,
    () => zipOf(Array.from({ length: 20_001 }, (_, i) => open(`${i}.jpg`, { bytes: 'x' }))),
  ],
  ['a bomb', 'zip_bomb', /30000000 bytes/, () => zipOf([open('a.jpg', { bytes: zeros(30 * MB), compress: true })])],
  [
    'a bomb of many',
    'zip_bomb',
    /at most/,
    () => zipOf(Array.from({ length: 25 }, (_, i) => open(`${i}.jpg`, { bytes: zeros(MB), compress: true }))),
  ],
  [
    'a bomb that says it is small',
    'zip_bomb',
    /not what the zip says/,
    async () => lying(await zipOf([open('a.jpg', { bytes: zeros(30 * MB), compress: true })]), 1000),
  ],
  [
    'files upon one another',
    'zip_bomb',
    /upon one another/,
    async () => overlapping(await zipOf([open('000.jpg')]), 300),
  ],
  [
    'another manifest',
    'bad_manifest',
    /manifest\.json/,
    () => zipOf([open('a.jpg'), { name: 'manifest.json', bytes: '{"format":2}' }]),
  ],
]

test.each(REFUSED)('%s is refused as a whole: %s', { timeout: 60_000 }, async (_, code, words, make) => {
  const path = join(await temporaryFolder(onTestFinished), 'a.zip')
  await writeFile(path, await make())
  const told: ImportMessage[] = []
  const limits = { maxFrameBytes: 2 * MB, maxTotalBytes: 20 * MB }
  const task = { path, states: ['open', 'closed'], addStates: false, ...limits }
  const refusal = await importZip(task, none(), async (message) => void told.push(message)).catch((error) => error)
  expect(refusal).toBeInstanceOf(ImportError)
  expect(refusal.code).toBe(code)
  expect(refusal.message).toMatch(words)
  // Nothing was told that would be kept.
  expect(told.filter(({ kind }) => kind !== 'checked')).toEqual([])
})

async function* none(): AsyncGenerator<never> {}
