import { connect } from 'node:net'
import mqtt from 'mqtt'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { pruneEvents } from '../src/observe/prune-events.ts'
import { EventStream } from './event-stream.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const open = (options: { query?: string; lastEventId?: number | string } = {}) =>
  EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, ...options })

/** Sends pictures and waits until all of them have ended. */
async function sendFrames(count: number): Promise<string[]> {
  const frames: string[] = []
  for (let i = 0; i < count; i++) frames.push(await server.send('pi/cam', await plainJpeg(i)))
  for (const frame of frames) await server.ended(frame)
  return frames
}

test('events come in order as they happen, each with what it is about', async () => {
  const stream = await open()
  const frames = await sendFrames(5)
  await until(() => stream.events.length >= 5)
  expect(stream.events.map(({ event, data }) => [event, data.frame])).toEqual(frames.map((frame) => ['result', frame]))
  const ids = stream.events.map(({ id }) => id)
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  expect(stream.events[0]?.data).toEqual({
    frame: frames[0],
    camera: 'pi/cam',
    state: 'unknown',
    confidence: null,
    reason: 'no_model',
    model: null,
    late: false,
  })
})

test('a listener who lost the line goes on after the last event he saw, without a gap and without a repetition', async () => {
  const before = await open()
  await sendFrames(3)
  await until(() => before.events.length >= 3)
  before.close()
  const seen = before.events.slice(0, 2)
  const missed = await sendFrames(3)
  const after = await open({ lastEventId: seen[1]?.id ?? 0 })
  const live = await sendFrames(3)
  await until(() => after.events.length >= 7)
  const frames = after.events.map(({ data }) => data.frame)
  expect(frames).toEqual([before.events[2]?.data.frame, ...missed, ...live])
})

test('also where the past is long and much happens while it is read', async () => {
  await sendFrames(1)
  const database = await openStateDatabase(server.dataDir)
  onTestFinished(() => database.close())
  const from = Number(
    (
      await database.read
        .selectFrom('events')
        .select(({ fn }) => fn.max('id').as('id'))
        .execute()
    )[0]?.id,
  )
  const row = { at: Date.now(), kind: 'job', data_json: '{}' } as const
  for (let i = 0; i < 10; i++) await database.write.insertInto('events').values(Array(1000).fill(row)).execute()
  const sending = sendFrames(60)
  const streams: EventStream[] = []
  for (let i = 0; i < 6; i++) streams.push(await open({ lastEventId: from }))
  const last = (await sending).at(-1)
  for (const stream of streams) {
    await until(() => stream.events.at(-1)?.data.frame === last)
    const ids = stream.events.map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: 10_060 }, (_, i) => from + 1 + i))
  }
})

test('only the kinds that are asked for', async () => {
  const stream = await open({ query: '?kinds=device,job' })
  await server.call('POST', '/api/devices', { name: 'gate' })
  await sendFrames(2)
  const { token } = (await server.call('POST', '/api/devices/gate/credential', {})).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'gate', password: token })
  onTestFinished(async () => void (await client.endAsync()))
  await until(() => stream.events.length > 1)
  expect(stream.events).toMatchObject([
    { event: 'device', data: { device: 'gate', change: 'added', connected: false } },
    { event: 'device', data: { device: 'gate', change: 'seen', connected: true } },
  ])
})

test('what people do to a device is told', async () => {
  const stream = await open({ query: '?kinds=device' })
  await server.call('POST', '/api/devices', { name: 'shed' })
  expect((await server.call('POST', '/api/devices', { name: 'shed' })).status).toBe(409)
  await server.call('PATCH', '/api/devices/shed', { disabled: true })
  await server.call('DELETE', '/api/devices/shed')
  const ofShed = () => stream.events.filter(({ data }) => data.device === 'shed').map(({ data }) => data.change)
  await until(() => ofShed().length === 3)
  expect(ofShed()).toEqual(['added', 'changed', 'removed'])
})

test('settings that are given to a device, and its answer to them, are told', async () => {
  const { token } = (await server.call('POST', '/api/devices', { name: 'attic' })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'attic', password: token })
  onTestFinished(async () => void (await client.endAsync()))
  const stream = await open({ query: '?kinds=device' })
  const changes = () => stream.events.filter(({ data }) => data.device === 'attic' && data.change === 'changed')
  const { version } = (await server.call('PATCH', '/api/devices/attic/config', { settings: { intervalMs: 500 } })).body
  await until(() => changes().length === 1)
  const answer = { version, ok: true, errors: [] }
  await client.publishAsync('ajar/attic/config/applied', JSON.stringify(answer), { qos: 1, retain: true })
  await until(() => changes().length === 2)
  expect((await server.call('GET', '/api/devices/attic')).body.applied).toEqual(answer)
})

test('a kind that does not exist is refused: nobody waits for it', async () => {
  const refused = await server.call('GET', '/api/events?kinds=result,doors')
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'unknown_kind', field: 'kinds' } } })
})

test.each(['yesterday', '-1', '1.5', '1e3', '9'.repeat(40)])(
  'an id of an event that nobody reads (%s) is answered with reset, and what happens then comes',
  async (lastEventId) => {
    const stream = await open({ query: '?kinds=result', lastEventId })
    await until(() => stream.events.length > 0)
    await sendFrames(1)
    await until(() => stream.events.length > 1)
    expect(stream.events.map(({ event }) => event)).toEqual(['reset', 'result'])
    const query = `?lastEventId=${encodeURIComponent(lastEventId)}`
    const asked = await open({ query })
    await until(() => asked.events.length > 0)
    expect(asked.events[0]?.event).toBe('reset')
  },
)

test('who was away for too long, or was never here, is told to begin anew', async () => {
  await sendFrames(1)
  const ahead = await open({ lastEventId: 1e9 })
  await until(() => ahead.events.length > 0)
  expect(ahead.events[0]).toMatchObject({ event: 'reset', data: {} })
  const stream = await open({ lastEventId: ahead.events[0]?.id ?? 0 })
  await sendFrames(1)
  await until(() => stream.events.length > 0)
  expect(stream.events.map(({ event }) => event)).toEqual(['result'])

  const database = await openStateDatabase(server.dataDir)
  onTestFinished(() => database.close())
  await database.write.updateTable('events').set({ at: 0 }).execute()
  await pruneEvents(database)
  await sendFrames(1)
  const behind = await open({ lastEventId: 1 })
  await until(() => behind.events.length > 0)
  await sendFrames(1)
  await until(() => behind.events.length > 1)
  expect(behind.events.map(({ event }) => event)).toEqual(['reset', 'result'])
})

test('a reader that does not read is cut off, and holds up nobody', { timeout: 60_000 }, async () => {
  const { token } = (await server.call('POST', '/api/devices', { name: 'talker' })).body
  const slow = connect(server.app.listening.http, '127.0.0.1')
  onTestFinished(async () => void slow.destroy())
  slow.write(`GET /api/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`)
  await new Promise((resolve) => slow.once('readable', resolve))
  const talker = await mqtt.connectAsync(server.mqttUrl, { username: 'talker', password: token })
  onTestFinished(async () => void (await talker.endAsync()))
  const status = JSON.stringify({ state: 'online', story: 'x'.repeat(8000) })
  const count = 2000
  const publish = () => talker.publishAsync('ajar/talker/status', status, { qos: 1 })
  for (let i = 0; i < count; i += 100) await Promise.all(Array.from({ length: 100 }, publish))
  let bytes = 0
  slow.on('data', (chunk) => {
    bytes += chunk.length
  })
  slow.on('error', () => {})
  await new Promise((resolve) => slow.once('close', resolve))
  expect(bytes).toBeLessThan(count * status.length)
  expect((await server.call('GET', '/api/health/live')).status).toBe(200)
})

test('of a status that is too long only the state is kept', async () => {
  const { token } = (await server.call('POST', '/api/devices', { name: 'long' })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'long', password: token })
  onTestFinished(async () => void (await client.endAsync()))
  const say = (status: object) => client.publishAsync('ajar/long/status', JSON.stringify(status), { qos: 1 })
  const kept = async () => (await server.call('GET', '/api/devices/long')).body.status
  const counts = { captured: 1e9, gated: 1e9, sent: 1e9, dropped: 1e9 }
  const [driver, unit, fault] = ['d'.repeat(32), 'u'.repeat(16), 'f'.repeat(256)]
  const cameras = Array.from({ length: 64 }, (_, i) => `${i}`.padEnd(32, 'c'))
  const captures = Object.fromEntries(cameras.map((name) => [name, { driver, ...counts, fault }]))
  const sensors = Object.fromEntries(cameras.map((name) => [name, { driver, unit, fault }]))
  // The longest that an agent has to say.
  const longest = { state: 'online', cameras, captures, sensors }
  await say(longest)
  expect(await kept()).toEqual(longest)
  await say({ state: 'online', story: 'x'.repeat(66_000) })
  expect(await kept()).toEqual({ state: 'online' })
})
