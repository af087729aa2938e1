import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { importZip, type Packed, tampered, upload, zipOf } from './zips.ts'

const MB = 1_000_000

let server: RunningServer
let jpeg: Uint8Array
beforeAll(async () => {
  server = await RunningServer.start(afterFile, { AJAR_MAX_IMPORT_BYTES: '250MB' })
  await server.call('PATCH', '/api/cameras/pi/cam', { states: ['open', 'closed'] })
  jpeg = await plainJpeg(1)
})

const uploads = () => readdirSync(join(server.dataDir, 'imports'))
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
    () => zipOf(Array.from({ length: 700 }, (_, i) => open(`${i}.jpg`, { bytes: zeros(MB), compress: true }))),
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
  const job = await importZip(server, 'pi/cam', await make())
  expect(job).toMatchObject({ state: 'failed', result: null, error: { code } })
  expect(job.error.message).toMatch(words)
  expect((await server.call('GET', '/api/frames?camera=pi/cam')).body.items).toEqual([])
  await until(() => uploads().length === 0)
})

test('pictures that are damaged, too large or not those of the manifest are left out, and the others come in', async () => {
  await server.call('PATCH', '/api/cameras/pi/some', {})
  const other = Buffer.from(await plainJpeg(2))
  const manifest = {
    ...{ format: 1, camera: 'pi/x', states: ['open'], exportedAt: '2026-01-01T00:00:00.000Z', digest: '' },
    frames: [
      {
        ...{
          file: 'open/other.jpg',
          frame: 'pi/x/1',
          state: 'open',
          author: 'x',
          labelledAt: '2026-01-01T00:00:00.000Z',
        },
        ...{ capturedAt: '2026-01-01T00:00:00.000Z', sha256: '0'.repeat(64) },
      },
    ],
  }
  const zip = await zipOf([
    open('damaged.jpg', { bytes: other }),
    open('good.jpg'),
    open('large.jpg', { bytes: Buffer.concat([jpeg, zeros(3 * MB)]) }),
    open('other.jpg'),
    { name: 'manifest.json', bytes: JSON.stringify(manifest) },
  ])
  const job = await importZip(server, 'pi/some', tampered(zip, 'picture 2', 'picture X'))
  expect(job.result).toMatchObject({ imported: 1, skippedCount: 3 })
  expect(job.result.skipped).toEqual([
    { file: 'open/damaged.jpg', reason: expect.stringMatching(/checksum/) },
    { file: 'open/large.jpg', reason: expect.stringMatching(/AJAR_MAX_FRAME_BYTES/) },
    { file: 'open/other.jpg', reason: expect.stringMatching(/sha256/) },
  ])
})

test('of many that are left out a hundred are listed, and all are counted', async () => {
  const zip = await zipOf([
    open('a.jpg', { bytes: 'x' }),
    ...Array.from({ length: 150 }, (_, i) => open(`${i}.txt`, { bytes: 'x' })),
  ])
  const { result } = await importZip(server, 'pi/cam', zip)
  expect(result).toMatchObject({ imported: 0, skippedCount: 151 })
  expect(result.skipped).toHaveLength(100)
})

/** 200 MB, made as they are sent. */
function* garbage(bytes: number) {
  const chunk = Buffer.alloc(MB, 7)
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk
}

test('200 MB of garbage pass through and not into memory, and are refused in the end', {
  timeout: 120_000,
}, async () => {
  const before = process.memoryUsage().rss
  let most = 0
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before)
  }, 20)
  const body = Readable.toWeb(Readable.from(garbage(200 * MB))) as ReadableStream
  const { status, body: job } = await upload(server, 'pi/cam', body)
  clearInterval(look)
  expect(status).toBe(202)
  expect(most).toBeLessThan(150 * MB)
  const ended = await until(async () => {
    const { body: now } = await server.call('GET', `/api/jobs/${job.id}`)
    return now.state === 'failed' && now
  })
  expect(ended.error.code).toBe('bad_zip')
  await until(() => uploads().length === 0)
})

test('more than the setting says is refused before it comes, and where nothing was announced, when it has', async () => {
  const announced = await refusedEarly({ 'content-length': String(251 * MB) })
  expect(announced).toMatchObject({ status: 413, code: 'too_large' })
  const body = Readable.toWeb(Readable.from(garbage(260 * MB))) as ReadableStream
  // Who goes on sending may find the connection closed.
  const sent = await upload(server, 'pi/cam', body).catch(() => null)
  if (sent) expect(sent).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
  await until(() => uploads().length === 0)
})

test('a caller who goes in the middle leaves nothing behind, and may come again', async () => {
  const call = begin({ 'content-length': String(MB) })
  call.write(Buffer.alloc(1000))
  await until(() => uploads().length === 1)
  expect((await upload(server, 'pi/cam', await zipOf([]))).body.error.code).toBe('upload_runs')
  call.destroy()
  await until(() => uploads().length === 0)
  expect((await importZip(server, 'pi/cam', await zipOf([]))).error.code).toBe('no_pictures')
})

test('what is no zip by its type is not read, and nobody below an operator sends any', async () => {
  expect((await server.call('POST', '/api/cameras/pi/cam/import', { a: 1 })).status).toBe(415)
  expect((await server.call('POST', '/api/cameras/pi/cam/import')).body.error.code).toBe('not_zip')
  expect((await server.call('POST', '/api/cameras/pi/cam/import', undefined, null)).status).toBe(401)
  expect((await server.call('GET', '/api/cameras/pi/cam/export', undefined, null)).status).toBe(401)
})

function begin(headers: Record<string, string>) {
  const call = request(`${server.url}/api/cameras/pi/cam/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip', ...headers },
  })
  call.on('error', () => {})
  return call
}

/** Sends nothing but headers. */
async function refusedEarly(headers: Record<string, string>): Promise<{ status: number; code: string }> {
  const call = begin(headers)
  return new Promise((resolve) => {
    call.on('response', async (answer) => {
      const text = Buffer.concat(await answer.toArray()).toString()
      resolve({ status: answer.statusCode ?? 0, code: JSON.parse(text).error.code })
      call.destroy()
    })
    call.flushHeaders()
  })
}
