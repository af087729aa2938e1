import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { exported, importZip, type Packed, tampered, upload, zipOf } from './zips.ts'

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

test('a zip that is refused as a whole changes nothing, and its job says why', async () => {
  const bomb = await zipOf([open('a.jpg'), open('b.jpg', { bytes: zeros(30 * MB), compress: true })])
  const job = await importZip(server, 'pi/cam', bomb)
  expect(job).toMatchObject({ state: 'failed', result: null, error: { code: 'zip_bomb' } })
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
  const small = await RunningServer.start(onTestFinished, { AJAR_MAX_IMPORT_BYTES: '1MB' })
  await small.call('PATCH', '/api/cameras/pi/cam', {})
  const body = Readable.toWeb(Readable.from(garbage(5 * MB))) as ReadableStream
  expect(await upload(small, 'pi/cam', body)).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } })
  expect(readdirSync(join(small.dataDir, 'imports'))).toEqual([])
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

test('who sends slowly has as long as he goes on sending; any other request has half a minute', {
  timeout: 60_000,
}, async () => {
  const slow = await RunningServer.start(onTestFinished)
  await slow.call('PATCH', '/api/cameras/pi/cam', {})
  const { server: http } = slow.app.http
  http.requestTimeout = 1000
  http.headersTimeout = 1000
  const zip = await zipOf([open('a.jpg')])
  let isSending = true
  const drops = async function* () {
    for (let i = 0; i < zip.length - 1 && isSending; i++) {
      yield zip.subarray(i, i + 1)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    yield zip
  }
  const other = fetch(`${slow.url}/api/labels`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: Readable.toWeb(Readable.from(drops())) as ReadableStream,
    ...({ duplex: 'half' } as object),
  })
  const sent = upload(slow, 'pi/cam', Readable.toWeb(Readable.from(drops())) as ReadableStream)
  // Node looks every five seconds for requests that take too long.
  expect((await other).status).toBe(408)
  isSending = false
  expect((await sent).status).toBe(202)
})

test('whoever goes in the middle of an export leaves nothing running', { timeout: 60_000 }, async () => {
  await server.call('PATCH', '/api/cameras/pi/large', {})
  const large = Array.from({ length: 20 }, (_, i) =>
    open(`${i}.jpg`, { bytes: Buffer.concat([jpeg, zeros(1.5 * MB), Buffer.from([i])]) }),
  )
  expect((await importZip(server, 'pi/large', await zipOf(large))).result).toMatchObject({ imported: 20 })
  const path = `${server.url}/api/cameras/pi/large/export`
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  for (let i = 0; i < 6; i++) {
    const gone = new AbortController()
    const answer = await fetch(path, { headers, signal: gone.signal })
    expect(answer.status).toBe(200)
    await answer.body?.getReader().read()
    gone.abort()
    // Four may run at once: each of these has to end.
    await until(async () => {
      const next = await fetch(path, { headers, method: 'GET' })
      await next.body?.cancel()
      return next.status === 200
    })
  }
  expect((await exported(server, 'pi/large')).byteLength).toBeGreaterThan(30 * MB)
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
