import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { fromBufferPromise } from 'yauzl'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Sources } from '../src/devices/sources.ts'
import { Import, type ImportPorts } from '../src/training/labels/import.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { exported, importZip, upload, zipOf } from './zips.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const setUp = (camera: string, settings: object = {}) => server.call('PATCH', `/api/cameras/${camera}`, settings)
const framesOf = async (camera: string) => (await server.call('GET', `/api/frames?camera=${camera}`)).body.items
const labelsOf = async (camera: string) => (await server.call('GET', `/api/labels?camera=${camera}`)).body.counts
const uploads = () => readdirSync(join(server.dataDir, 'imports'))
const at = (second: number) => Date.UTC(2026, 0, 2, 3, 4, second)

test('labelled pictures become frames with their labels and times, and make no history', {
  timeout: 60_000,
}, async () => {
  await setUp('pi/cam')
  const exif = { IFD2: { DateTimeOriginal: '2026:01:02 03:04:30', OffsetTimeOriginal: '+01:00' } }
  const grey = sharp({ create: { width: 64, height: 48, channels: 3, background: 'grey' } })
  const files = [
    { name: 'top/Open/cam_20260102_030401.jpg', bytes: await plainJpeg(1) },
    { name: 'top/Open/cam_20260102_030401_b.jpg', bytes: await plainJpeg(2) },
    { name: 'top/closed/20260102_030402_500.png', bytes: await grey.png().toBuffer() },
    { name: 'top/closed/20260102_030403.webp', bytes: await grey.webp().toBuffer(), compress: true },
    { name: 'top/closed/exif.jpg', bytes: await grey.jpeg().withExif(exif).toBuffer() },
    { name: 'top/closed/packed.jpg', bytes: await plainJpeg(5), mtime: new Date(at(40)) },
    { name: 'top/closed/old.jpg', bytes: await plainJpeg(6), mtime: new Date(Date.UTC(1999, 0, 1)) },
    { name: 'top/closed/text.jpg', bytes: 'no picture at all' },
    { name: 'top/closed/notes.txt', bytes: 'the door was painted' },
    { name: 'top/closed/.hidden.jpg', bytes: 'x' },
    { name: '__MACOSX/top/closed/._exif.jpg', bytes: 'x' },
    { name: 'top/unclear/20260102_030410.jpg', bytes: await plainJpeg(7) },
    { name: 'top/ignore/20260102_030411.jpg', bytes: await plainJpeg(8) },
  ]
  const job = await importZip(server, 'pi/cam', await zipOf(files))
  expect(job).toMatchObject({ state: 'done', kind: 'import', camera: 'pi/cam' })
  expect(job.result).toMatchObject({ imported: 8, labelled: 8, duplicates: 0, skippedCount: 3 })
  const reasons = Object.fromEntries(
    job.result.skipped.map((one: { file: string; reason: string }) => [one.file, one.reason]),
  )
  expect(reasons).toEqual({
    'top/closed/notes.txt': expect.stringMatching(/no picture/),
    'top/closed/text.jpg': expect.stringMatching(/neither a JPEG/),
    'top/closed/old.jpg': expect.stringMatching(/before 2000/),
  })
  const frames = await framesOf('pi/cam')
  const shown = frames.map(({ capturedAt, label }: { capturedAt: string; label: string }) => [
    Date.parse(capturedAt),
    label,
  ])
  expect(shown.sort(([a]: [number], [b]: [number]) => a - b)).toEqual([
    [at(30) - 3_600_000, 'closed'],
    [at(1), 'open'],
    [at(1) + 1, 'open'],
    [at(2) + 500, 'closed'],
    [at(3), 'closed'],
    [at(10), 'unclear'],
    [at(11), 'ignore'],
    [at(40), 'closed'],
  ])
  for (const frame of frames) expect(frame).toMatchObject({ outcome: 'skipped', code: 'imported', result: null })
  const camera = (await server.call('GET', '/api/cameras/pi/cam')).body
  expect(camera).toMatchObject({
    states: ['closed', 'open'],
    lastFrame: null,
    state: { state: 'unknown', since: null },
  })
  for (const path of ['results', 'transitions'])
    expect((await server.call('GET', `/api/cameras/pi/cam/${path}`)).body.items).toEqual([])
  const jpeg = await fetch(`${server.url}/api/frames/pi/cam/${at(1)}/image`, {
    headers: { authorization: 'Bearer the-admin-token-of-the-tests' },
  })
  expect(new Uint8Array(await jpeg.arrayBuffer())).toEqual(files[0]?.bytes)
  // The upload is gone with its job.
  await until(() => uploads().length === 0)

  // Sent again it is what is there already, and labels that were changed are set again.
  await server.call('PUT', `/api/frames/pi/cam/${at(1)}/label`, { state: 'closed' })
  const again = await importZip(server, 'pi/cam', await zipOf(files))
  expect(again.result).toMatchObject({ imported: 0, labelled: 8, duplicates: 8, skippedCount: 3 })
  expect(await framesOf('pi/cam')).toHaveLength(8)
  expect(await labelsOf('pi/cam')).toEqual({ open: 2, closed: 4, unclear: 1, ignore: 1 })
})

test('a time that another picture has is not taken from it; the next one is free', async () => {
  await setUp('pi/clash', { states: ['open'] })
  const taken = await server.send('pi/clash', await plainJpeg(1), at(1))
  await server.ended(taken)
  const zip = await zipOf([{ name: 'open/20260102_030401.jpg', bytes: await plainJpeg(2) }])
  for (const result of [{ imported: 1 }, { imported: 0, duplicates: 1 }])
    expect((await importZip(server, 'pi/clash', zip)).result).toMatchObject(result)
  const labels = (await framesOf('pi/clash')).map(({ id, label }: { id: string; label: string }) => [id, label])
  expect(labels).toEqual([
    [`pi/clash/${at(1) + 1}`, 'open'],
    [taken, null],
  ])
})

test('states: unknown ones are named, or added where that is asked for', async () => {
  await setUp('pi/states', { states: ['open', 'closed'] })
  const zip = await zipOf([
    { name: 'open/a.jpg', bytes: await plainJpeg(1) },
    { name: 'half open/b.jpg', bytes: await plainJpeg(2) },
  ])
  const refused = await importZip(server, 'pi/states', zip)
  expect(refused).toMatchObject({ state: 'failed', error: { code: 'unknown_state' } })
  expect(refused.error.message).toMatch(/no state half-open; its states are open, closed/)
  expect(await framesOf('pi/states')).toEqual([])
  expect((await importZip(server, 'pi/states', zip, '?states=add')).result).toMatchObject({ imported: 2, labelled: 2 })
  expect((await server.call('GET', '/api/cameras/pi/states')).body.states).toEqual(['open', 'closed', 'half-open'])
  expect((await upload(server, 'pi/states', zip, '?states=all')).body.error).toMatchObject({
    field: 'states',
  })
})

test('a new camera is taught before its first frame, where its device is', async () => {
  const zip = await zipOf([{ name: 'open/a.jpg', bytes: await plainJpeg(1) }])
  expect((await upload(server, 'new-pi/cam', zip)).body.error.code).toBe('not_found')
  await server.call('POST', '/api/devices', { name: 'new-pi' })
  expect((await importZip(server, 'new-pi/cam', zip)).result).toMatchObject({ imported: 1, labelled: 1 })
  expect((await server.call('GET', '/api/cameras/new-pi/cam')).body.states).toEqual(['open'])
})

test('states that somebody sets while the zip is looked at are not written over', async () => {
  const { database, sources } = await openCameras()
  await sources.ensure({ device: 'pi', camera: 'cam' })
  const imports = new Import({
    sources,
    ...({} as Pick<ImportPorts, 'labels' | 'archive' | 'store'>), // none of its pictures gets so far
    uploads: { pathOf: (name) => name },
    async perform({ onMessage }) {
      await sources.change('pi/cam', { states: ['ajar', 'shut'] })
      await onMessage({ kind: 'plan', states: ['closed', 'open'], items: 2 })
    },
    newestLength: async () => null,
    change: (camera, change) => sources.change(camera, change),
    maxFrameBytes: 1,
    maxImportBytes: 1,
  })
  const context = { id: 'job', camera: 'pi/cam', params: {}, owner: 'test', signal: new AbortController().signal }
  const run = imports.run({ ...context, report() {}, log() {} })
  await expect(run).rejects.toMatchObject({ status: 409, code: 'changed_meanwhile' })
  await sources.start()
  expect(sources.get('pi/cam').states).toEqual(['ajar', 'shut'])
  await database.close()
})

async function openCameras() {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  const sources = new Sources(database)
  await sources.start()
  return { database, sources }
}

test('masks hide in imported frames what they hide in others', async () => {
  const corner = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
    { x: 1, y: 1 },
    { x: 0, y: 1 },
  ]
  await setUp('pi/masked', { states: ['open'], masks: [corner] })
  const white = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'white' } })
    .jpeg()
    .toBuffer()
  await importZip(server, 'pi/masked', await zipOf([{ name: 'open/20260102_030401.jpg', bytes: white }]))
  const zip = await exported(server, 'pi/masked')
  const { frames } = await manifestIn(zip)
  expect(frames).toHaveLength(1)
  // What comes out is black, another picture than the one that came in, and still the same frame.
  const again = await importZip(server, 'pi/masked', zip)
  expect(again.result).toMatchObject({ imported: 0, duplicates: 1, skippedCount: 0 })
  expect(await framesOf('pi/masked')).toHaveLength(1)
})

test('what is exported is imported as it was: same labels, same bytes, same times', { timeout: 60_000 }, async () => {
  await setUp('pi/from', { states: ['open', 'closed'] })
  const frames: string[] = []
  for (let i = 0; i < 5; i++) frames.push(await server.send('pi/from', await plainJpeg(i), at(i) + i))
  for (const frame of frames) await server.ended(frame)
  const states = ['open', 'closed', 'unclear', 'ignore']
  const labels = states.map((state, i) => ({ frame: frames[i], state }))
  await server.call('POST', '/api/labels', { labels })
  const zip = await exported(server, 'pi/from')
  const manifest = await manifestIn(zip)
  expect(manifest).toMatchObject({ format: 1, camera: 'pi/from', states: ['open', 'closed'] })
  expect(manifest.digest).toMatch(/^[0-9a-f]{64}$/)
  expect(manifest.frames[1]).toEqual({
    file: 'closed/20260102_030401_001.jpg',
    frame: frames[1],
    state: 'closed',
    capturedAt: new Date(at(1) + 1).toISOString(),
    author: 'AJAR_ADMIN_TOKEN of the settings',
    labelledAt: expect.any(String),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect((await manifestIn(await exported(server, 'pi/from', '?marks=false'))).frames).toHaveLength(2)

  await setUp('pi/to')
  expect((await importZip(server, 'pi/to', zip)).result).toMatchObject({ imported: 4, labelled: 4, skippedCount: 0 })
  const known = async (camera: string) =>
    (await framesOf(camera))
      .filter(({ label }: { label: string | null }) => label !== null)
      .map(({ capturedAt, sha256, label }: Record<string, string>) => ({ capturedAt, sha256, label }))
  expect(await known('pi/to')).toEqual(await known('pi/from'))
  expect(await manifestIn(await exported(server, 'pi/to'))).toMatchObject({
    frames: manifest.frames.map(({ frame, sha256, file }: Record<string, string>) => ({
      frame: frame?.replace('pi/from', 'pi/to'),
      sha256,
      file,
    })),
  })
})

test('a picture that is gone is missing in the zip, and the manifest says so', async () => {
  await setUp('pi/gone', { states: ['open'] })
  const frame = await server.send('pi/gone', await plainJpeg(1), at(1))
  await server.call('PUT', `/api/frames/${frame}/label`, { state: 'open' })
  const database = await openStateDatabase(server.dataDir)
  afterFile(() => database.close())
  const lost = { camera: 'pi/gone', captured_at: at(2), state: 'open', author: 'test', labelled_at: 1 }
  await database.write.insertInto('labels').values(lost).execute()
  const zip = await exported(server, 'pi/gone')
  expect((await manifestIn(zip)).frames).toMatchObject([
    { file: 'open/20260102_030401_000.jpg' },
    { file: null, sha256: null, frame: `pi/gone/${at(2)}` },
  ])
  await setUp('pi/found')
  expect((await importZip(server, 'pi/found', zip)).result).toMatchObject({ imported: 1, skippedCount: 0 })
})

async function manifestIn(bytes: Uint8Array) {
  const zip = await fromBufferPromise(Buffer.from(bytes))
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName !== 'manifest.json') continue
    const stream = await zip.openReadStreamPromise(entry)
    return JSON.parse(Buffer.concat(await stream.toArray()).toString())
  }
  throw new Error('there is no manifest')
}
