import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadImage, writeFits } from '@ajar/images'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { NewPictures } from '../src/datasessions/poll/new-pictures.ts'
import { RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Of an agent that was offline. */
const OLD = Date.UTC(2026, 10, 1)

function picture(red: number): Promise<Buffer> {
  return sharp({ create: { width: 64, height: 48, channels: 3, background: { r: red, g: 90, b: 60 } } })
    .jpeg()
    .toBuffer()
}

/** A server with a folder of FITS files that holds one already. */
async function startServer(environment: Record<string, string> = {}) {
  const archiveDir = await temporaryFolder(onTestFinished)
  const image = { width: 8, height: 4, planes: 1, samples: Uint8Array.from({ length: 32 }, (_, i) => i) }
  const fits = (name: string) => writeFits(join(archiveDir, name), image)
  await fits('first.fits')
  const server = await RunningServer.start(onTestFinished, { AJAR_ARCHIVE_DIR: archiveDir, ...environment })
  const ask = (query: string, token?: string | null) =>
    server.call('GET', `/vis/checkImage${query}`, undefined, token as string | undefined)
  return { server, archiveDir, fits, ask }
}

test('the newest frame or FITS file after a time, with an address that needs no token', async () => {
  const { server, archiveDir, fits, ask } = await startServer()
  const first = await ask('')
  expect(first).toMatchObject({ status: 200, body: { name: 'first', timestamp: expect.any(Number) } })
  expect(Object.keys(first.body).sort()).toEqual(['name', 'timestamp', 'uri'])
  expect(first.headers.get('access-control-allow-origin')).toBe('*')
  const since = first.body.timestamp
  const none = await ask(`?since=${since}`)
  expect(none.status).toBe(204)
  expect(none.headers.get('access-control-allow-origin')).toBe('*')

  await server.send('yard/gate', await picture(10))
  const frame = await ask(`?since=${since}&wait=20`)
  expect(frame.body.name).toMatch(/^yard_gate_\d+$/)
  expect(frame.body.timestamp).toBeGreaterThan(since)
  const bytes = new Uint8Array(await (await fetch(frame.body.uri)).arrayBuffer())
  expect(await loadImage(bytes, { name: 'frame' })).toMatchObject({ width: 64, height: 48 })

  // A copy that keeps the time of its file is new all the same, and so is one of an hour ago.
  await fits('second.fits')
  const file = await ask(`?since=${frame.body.timestamp}&wait=20`)
  expect(file.body.name).toBe('second')
  const path = join(archiveDir, 'as-downloaded.fits')
  writeFileSync(path, new Uint8Array(await (await fetch(file.body.uri)).arrayBuffer()))
  expect(await loadImage(path)).toMatchObject({ width: 8, height: 4 })
  const copy = await ask(`?since=${file.body.timestamp}&wait=20`)
  expect(copy.body.name).toBe('as-downloaded')
  expect((await ask(`?since=${copy.body.timestamp}`)).status).toBe(204)
})

test('a file that is no picture yet is not told of, and holds up no other', async () => {
  const { archiveDir, fits, ask } = await startServer()
  const { timestamp } = (await ask('')).body
  writeFileSync(join(archiveDir, 'half.fits'), 'SIMPLE  =                    T')
  mkdirSync(join(archiveDir, 'night'))
  await fits('night/whole.fits')
  const answer = await ask(`?since=${timestamp}&wait=20`)
  expect(answer.body.name).toBe('whole')
  expect((await ask(`?since=${answer.body.timestamp}&wait=1`)).status).toBe(204)
})

test('a late frame of long ago came in now, and after a restart it is known which came last', async () => {
  const { server, ask } = await startServer()
  const { timestamp } = (await ask('')).body
  await server.send('yard/gate', await picture(30), OLD)
  const answer = await ask(`?since=${timestamp}&wait=20`)
  expect(answer.body).toMatchObject({ name: `yard_gate_${OLD}` })
  expect(answer.body.timestamp).toBeGreaterThan(timestamp)
  await server.app.close()
  const again = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: server.dataDir })
  const known = await again.call('GET', '/vis/checkImage?since=1')
  expect(known.body.name).toBe(answer.body.name)
})

test("the newest that is gone again is nobody's: the one before is told, or one is waited for", async () => {
  const { archiveDir, fits, ask } = await startServer()
  const first = (await ask('')).body
  await fits('second.fits')
  expect((await ask(`?since=${first.timestamp}&wait=20`)).body.name).toBe('second')
  rmSync(join(archiveDir, 'second.fits'))
  expect((await ask('')).body).toMatchObject({ name: 'first', timestamp: first.timestamp })
  const answers = Array.from({ length: 20 }, () => ask(`?since=${first.timestamp}&wait=20`))
  await fits('third.fits')
  expect((await Promise.all(answers)).map(({ body }) => body?.name)).toEqual(answers.map(() => 'third'))
})

test('it is asked with a token, unless older clients need none; what cannot be meant is refused', async () => {
  const { ask } = await startServer()
  expect((await ask('', null)).status).toBe(401)
  for (const query of ['?since=-1', '?since=soon', '?wait=61', '?wait=-1'])
    expect(await ask(query), query).toMatchObject({
      status: 400,
      body: { [query.slice(1, 5) === 'wait' ? 'wait' : 'since']: [expect.any(String)] },
    })
  const open = await startServer({ AJAR_LEGACY_OPEN: '1' })
  expect((await open.ask('', null)).status).toBe(200)
})

test('whoever waits while the server ends is told that there is nothing, at once', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const ports = {
    database,
    events: new Events(),
    fits: null,
    isThere: async () => true,
    isCamera: () => true,
    now: () => Date.now(),
  }
  const pictures = new NewPictures(ports)
  await pictures.start()
  const waits = pictures.after(0, 3_600_000, new AbortController().signal)
  pictures.close()
  expect(await waits).toBeNull()
})
