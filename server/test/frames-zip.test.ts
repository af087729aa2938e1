import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { fromBufferPromise } from 'yauzl'
import { afterFile } from '../../test/setup/after-file.ts'
import { storedZip } from '../src/http/stored-zip.ts'
import { framesIn } from '../src/observe/frames-zip.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { Stored } from './stored.ts'
import { importZip, zipOf } from './zips.ts'

const CAMERA = 'pi/cam'
const FIRST = Date.UTC(2026, 10, 1, 12, 30, 15, 250)
const STEP = 10_000
const COUNT = 30

let server: RunningServer
let pictures: Uint8Array[]
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: ['open', 'closed'] })
  pictures = await Promise.all(Array.from({ length: COUNT }, (_, i) => plainJpeg(i)))
  for (const [i, jpeg] of pictures.entries()) await server.send(CAMERA, jpeg, FIRST + i * STEP)
  await server.ended(`${CAMERA}/${FIRST + (COUNT - 1) * STEP}`)
  await server.call('PUT', `/api/frames/${CAMERA}/${FIRST}/label`, { state: 'open' })
})

const at = (i: number) => FIRST + i * STEP
const PATH = `/api/cameras/${CAMERA}/frames.zip`
const get = (query: string, signal?: AbortSignal) =>
  fetch(`${server.url}${PATH}${query}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    ...(signal ? { signal } : {}),
  })

async function unpacked(zip: Buffer) {
  const opened = await fromBufferPromise(zip)
  const files = new Map<string, Buffer>()
  for await (const entry of opened.eachEntry())
    files.set(entry.fileName, await buffer(await opened.openReadStreamPromise(entry)))
  const lines = files.get('results.ndjson')?.toString().split('\n').filter(Boolean) ?? []
  files.delete('results.ndjson')
  return { files, lines: lines.map((line) => JSON.parse(line)) }
}
const zip = async (query: string) => unpacked(Buffer.from(await (await get(query)).arrayBuffer()))

test('the pictures of a span as they were sent, and what was said of each', async () => {
  const answer = await get(`?from=${at(0)}&to=${at(3)}`)
  expect(answer.headers.get('content-type')).toBe('application/zip')
  expect(answer.headers.get('content-disposition')).toBe(
    'attachment; filename="pi-cam-frames-20261101T123015Z-20261101T123045Z.zip"',
  )
  const { files, lines } = await unpacked(Buffer.from(await answer.arrayBuffer()))
  expect([...files.keys()]).toEqual(['20261101_123015_250.jpg', '20261101_123025_250.jpg', '20261101_123035_250.jpg'])
  expect([...files.values()].map((bytes) => new Uint8Array(bytes))).toEqual(
    pictures.slice(0, 3).map((one) => new Uint8Array(one)),
  )
  const listed = (await server.call('GET', `/api/cameras/${CAMERA}/results?to=${at(3)}`)).body.items
  expect(lines).toEqual(
    listed.map((result: { frame: string; capturedAt: string }, i: number) => ({
      ...{ file: [...files.keys()][i], frame: result.frame, capturedAt: result.capturedAt },
      ...{ outcome: 'classified', label: i === 0 ? 'open' : null, result },
    })),
  )
})

test('chosen by state, and the first of each so many milliseconds', async () => {
  const names = async (query: string) => [...(await zip(query)).files.keys()].length
  expect(await names(`?from=${at(0)}&to=${at(COUNT)}`)).toBe(COUNT)
  expect(await names(`?from=${at(0)}&to=${at(COUNT)}&state=open`)).toBe(0)
  expect(await names(`?from=${at(0)}&to=${at(COUNT)}&state=unknown`)).toBe(COUNT)
  const { lines } = await zip(`?from=${at(1)}&to=${at(COUNT)}&every=60000&state=unknown`)
  const expected = [...Map.groupBy(pictures.keys().drop(1), (i) => Math.floor(at(i) / 60_000)).values()].map(
    ([i = 0]) => at(i),
  )
  expect(lines.map(({ frame }) => Number(frame.split('/')[2]))).toEqual(expected)
})

test('what cannot be is refused', async () => {
  expect((await get('?from=5&to=5')).status).toBe(400)
  expect((await server.call('GET', `/api/cameras/pi/none/frames.zip?from=1&to=5`)).status).toBe(404)
  await server.call('POST', '/api/tokens', { name: 'eyes', role: 'viewer' }).then(async ({ body }) => {
    expect((await server.call('GET', `${PATH}?from=1&to=5`, undefined, body.token)).status).toBe(403)
  })
})

test('four are open at most, with those of labelled frames; one whose reader has gone makes room', async () => {
  // More than what fits between here and there.
  const noise = await sharp(randomBytes(1100 * 900 * 3), { raw: { width: 1100, height: 900, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
  for (let i = 0; i < 24; i++)
    await server.send('pi/large', new Uint8Array(Buffer.concat([noise, Buffer.from([i])])), at(i))
  const open = async (path: string) => {
    const ending = new AbortController()
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const response = await fetch(`${server.url}/api/cameras/pi/large/${path}`, { headers, signal: ending.signal })
    // Held: an answer that nobody can read any more is given up by the garbage collector, and makes room.
    return { status: response.status, response, ending }
  }
  const frames = `frames.zip?from=${at(0)}&to=${at(COUNT)}`
  await until(async () => (await server.call('GET', '/api/frames?camera=pi/large')).body.items.length === 24)
  const opened = await Promise.all(Array.from({ length: 4 }, () => open(frames)))
  expect(opened.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect((await open(frames)).status).toBe(503)
  expect((await open('export')).status).toBe(503)
  opened[0]?.ending.abort()
  await until(async () => (await open('export')).status === 200)
  for (const { ending } of opened) ending.abort()
})

test('a picture that goes before its turn is told of without its file; one that went before is not', async () => {
  const stored = await Stored.open()
  await stored.put([1, 2, 3, 4, 5, 6])
  stored.inFile(stored.files[0] ?? '', 'delete from frames where captured_at = 1')
  const archive = {
    has: (frames: Parameters<typeof stored.archive.has>[0]) => stored.archive.has(frames),
    jpeg: async (camera: string, time: number) => (time === 4 ? null : stored.archive.jpeg(camera, time)),
  }
  const ports = { database: stored.database, archive }
  const all = await unpacked(
    await buffer(Readable.from(storedZip(framesIn(ports, { camera: CAMERA, from: 0, to: 100 })))),
  )
  const times = (lines: { file: string | null; frame: string }[]) =>
    lines.map(({ file, frame }) => [Number(frame?.split('/')[2]), file !== null])
  expect(times(all.lines)).toEqual([
    [2, true],
    [3, true],
    [4, false],
    [5, true],
    [6, true],
  ])
  expect(all.files.size).toBe(4)
  const some = await unpacked(
    await buffer(Readable.from(storedZip(framesIn(ports, { camera: CAMERA, from: 0, to: 100 }, 2)))),
  )
  expect(some.lines.at(-1)).toEqual({ next: new Date(4).toISOString() })
  expect(times(some.lines.slice(0, -1))).toEqual([
    [2, true],
    [3, true],
  ])
})

test('pictures that were imported come only where they are asked for, and count as no frame that was skipped', async () => {
  await server.call('PATCH', '/api/cameras/pi/taught', { states: ['open', 'closed'] })
  const taken = await server.send('pi/taught', await plainJpeg(77), at(0))
  await server.ended(taken)
  const recorded = async () =>
    Object.fromEntries(
      [
        ...(await server.call('GET', '/metrics')).body.matchAll(
          /^ajar_frames_recorded_total\{outcome="(\w+)"\} (\d+)/gm,
        ),
      ].map(([, outcome, count]) => [outcome, Number(count)]),
    )
  const { imported: _, ...before } = await recorded()
  await importZip(server, 'pi/taught', await zipOf([{ name: 'open/20261101_123020.jpg', bytes: await plainJpeg(78) }]))
  expect(await recorded()).toEqual({ ...before, imported: 1 })
  const framesIn = async (more: string) => {
    const answer = await fetch(`${server.url}/api/cameras/pi/taught/frames.zip?from=${at(0)}&to=${at(5)}${more}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    const { lines } = await unpacked(Buffer.from(await answer.arrayBuffer()))
    return lines.map(({ frame }) => frame)
  }
  const second = `pi/taught/${Date.UTC(2026, 10, 1, 12, 30, 20)}`
  expect(await framesIn('')).toEqual([taken])
  expect(await framesIn('&imported=true')).toEqual([taken, second])
})
