import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { EventStream } from './event-stream.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A JPEG of some 150 kB: noise does not compress. */
async function noise(): Promise<Uint8Array> {
  const background = { mean: 128, sigma: 60, type: 'gaussian' } as const
  const picture = sharp({ create: { width: 400, height: 400, channels: 3, background: '#000', noise: background } })
  return new Uint8Array(await picture.jpeg({ quality: 95 }).toBuffer())
}

test('pictures that went say so wherever they are asked for, and labelled ones stay', { timeout: 60_000 }, async () => {
  const server = await RunningServer.start(onTestFinished, { AJAR_RETAIN_BYTES: '1MB' })
  await server.call('PATCH', '/api/cameras/pi/cam', { states: ['open', 'closed'] })
  const sent: string[] = []
  for (let i = 0; i < 16; i++) {
    sent.push(await server.send('pi/cam', await noise()))
    await server.ended(sent[i] ?? '')
    if (i === 0) await server.call('PUT', `/api/frames/${sent[0]}/label`, { state: 'open' })
  }
  const [labelled, gone, last] = [sent[0], sent[1], sent.at(-1)]
  const image = (frame?: string) => server.call('GET', `/api/frames/${frame}/image`)
  const answer = await until(async () => {
    const found = await image(gone)
    return found.status === 404 && found
  })
  expect(answer.body.error).toMatchObject({ code: 'pruned', message: expect.stringMatching(/AJAR_RETAIN_DAYS/) })
  expect((await image(labelled)).status).toBe(200)
  expect((await image(last)).status).toBe(200)
  expect((await image('pi/cam/5')).body.error.code).toBe('not_found')

  const { items } = (await server.call('GET', '/api/frames?camera=pi/cam')).body
  const pruned = new Map(items.map((frame: { id: string; pruned: boolean }) => [frame.id, frame.pruned]))
  expect([labelled, gone, last].map((id) => pruned.get(id))).toEqual([false, true, false])
  expect((await server.call('GET', `/api/frames/${gone}`)).body).toMatchObject({ pruned: true, outcome: 'classified' })
  expect((await server.call('GET', `/api/frames/${gone}/journey`)).status).toBe(200)
  expect((await server.call('PUT', `/api/frames/${gone}/label`, { state: 'open' })).status).toBe(404)

  const storage = await until(async () => {
    const { body } = await server.call('GET', '/api/storage') // as of the last look at the disk
    return body.prunedFrames > 0 && body
  })
  expect(storage).toMatchObject({ limitBytes: 1e6, prunedFrames: expect.any(Number), oldestAt: expect.any(String) })
  expect(storage.keptBytes).toBeGreaterThan(0)
  const metrics = (await server.call('GET', '/metrics')).body
  expect(metrics).toMatch(/^ajar_storage_limit_bytes 1000000$/m)
  expect(metrics).toMatch(/^ajar_storage_pruned_frames [1-9]/m)
})

test('a frame whose row went does not wait for its result', async () => {
  const AJAR_DATA_DIR = await temporaryFolder(onTestFinished)
  const first = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR })
  const frame = await first.send('pi/cam', await noise())
  await first.ended(frame)
  await first.app.close()
  const database = await openStateDatabase(AJAR_DATA_DIR)
  await database.write.deleteFrom('frames').execute() // as old rows do
  await database.close()
  const server = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR })
  const answer = (await server.call('GET', `/api/frames/${frame}`)).body
  expect(answer).toMatchObject({ id: frame, outcome: null, result: null, pruned: false })
  expect((await server.call('GET', `/api/frames/${frame}/journey`)).body).toMatchObject({ frame, outcome: null })
})

test('kept frames that fill the share are told of on the stream, in metrics and in health', async () => {
  const server = await RunningServer.start(onTestFinished, { AJAR_RETAIN_BYTES: '1MB' })
  const stream = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=storage' })
  await server.call('PATCH', '/api/cameras/pi/cam', { states: ['open', 'closed'] })
  const told = () => stream.events.find(({ data }) => data.alarm === 'storage')
  while (!told()) {
    const frame = await server.send('pi/cam', await noise())
    await server.call('PUT', `/api/frames/${frame}/label`, { state: 'open' })
  }
  expect(told()?.data).toMatchObject({
    level: expect.stringMatching(/warn|error/),
    text: expect.stringMatching(/kept frames/),
  })
  await until(async () =>
    /^ajar_storage_alarm{alarm="storage"} [12]$/m.test((await server.call('GET', '/metrics')).body),
  )
  expect((await server.call('GET', '/api/health/ready')).body.checks).toContainEqual(
    expect.objectContaining({ name: 'storage', level: expect.stringMatching(/warn|error/) }),
  )
})
