import type { MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { teachDoor } from './lesson.ts'
import { door, headerOnly, heavy, onePixel, sha256, withComment } from './pictures.ts'
import { ADMIN_TOKEN, closed, type Frame, System, until, watch } from './system.ts'

/** What cannot be used gets a clear answer, is not stored, is counted, and the next good frame is classified. */

interface Rejected {
  frame: string
  code: string
  reason: string
}

const MEGABYTE = 1024 * 1024
const DEVICE = 'door1'
const CAMERA = `${DEVICE}/cam`
const YEAR_2099 = Date.UTC(2099, 0, 1)

let system: System
let token: string
let good: Buffer
let rejected: { topic: string; payload: Rejected }[]
let lastTime = Date.now() - 60_000
/** A capture time nobody has used. */
const nextTime = () => ++lastTime

beforeAll(async () => {
  system = await System.start({ AJAR_MAX_FRAME_BYTES: String(2 * MEGABYTE) })
  token = await system.addDevice(DEVICE)
  good = await door('closed')
  rejected = await watch<Rejected>(await system.connectOperator(), 'ajar/+/rejected')
})
afterAll(() => system?.close())

const connect = () => system.connect(DEVICE, token, { clientId: `${DEVICE}-${nextTime()}` })
const publish = (client: MqttClient, topic: string, jpeg: Buffer) => client.publishAsync(topic, jpeg, { qos: 1 })
const refusals = (code: string) => system.metric(`ajar_frames_refused_total{code="${code}"}`)
const rejection = (frame: string) => until(() => rejected.find(({ payload }) => payload.frame === frame))

interface Answer {
  status: number
  error?: { code: string; message: string }
  frame?: string
  duplicate?: boolean
}

async function post(camera: string, jpeg: Buffer, query: string, bearer = ADMIN_TOKEN): Promise<Answer> {
  const answer = await fetch(`${system.server.http}/api/cameras/${camera}/frames${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'image/jpeg' },
    body: new Uint8Array(jpeg),
  })
  return { ...((await answer.json()) as Omit<Answer, 'status'>), status: answer.status }
}

/** The server goes on: a good frame is acknowledged and classified. */
async function expectNextGoodFrame() {
  const client = await connect()
  const time = nextTime()
  await publish(client, `ajar/${CAMERA}/frame/${time}`, good)
  expect(await system.ended(`${CAMERA}/${time}`)).toMatchObject({ outcome: 'classified', sha256: sha256(good) })
  client.end()
}

/** Nothing of a refused frame is kept but, where it has a whole id, the fact. */
async function expectNotStored(id: string, code: string) {
  const frame = await system.frame(id)
  if (frame) expect(frame).toMatchObject({ outcome: 'refused', code, result: null })
  await expect(system.api.get(`/api/frames/${id}/image`)).rejects.toMatchObject({ status: 404 })
}

const pictures: { what: string; jpeg: () => Buffer | Promise<Buffer>; code: string }[] = [
  { what: 'not a JPEG', jpeg: () => Buffer.from('<html>no picture here</html>'), code: 'not_jpeg' },
  { what: 'truncated', jpeg: () => good.subarray(0, good.length / 2), code: 'truncated' },
  { what: 'truncated inside its header', jpeg: () => good.subarray(0, 12), code: 'truncated' },
  { what: '30,000 x 30,000 pixels', jpeg: () => headerOnly(30_000, 30_000), code: 'too_many_pixels' },
  { what: 'empty', jpeg: () => Buffer.alloc(0), code: 'empty' },
]

describe.each(pictures)('a picture that is $what', ({ jpeg, code }) => {
  test('over MQTT: acknowledged, reported, counted, not stored', async () => {
    const before = await refusals(code)
    const client = await connect()
    const time = nextTime()
    await publish(client, `ajar/${CAMERA}/frame/${time}`, await jpeg())
    const { topic, payload } = await rejection(`${CAMERA}/${time}`)
    expect(topic).toBe(`ajar/${DEVICE}/rejected`)
    expect(payload).toEqual({ frame: `${CAMERA}/${time}`, code, reason: expect.stringMatching(/\w/) })
    expect(await refusals(code)).toBe(before + 1)
    await expectNotStored(`${CAMERA}/${time}`, code)
    expect(client.connected).toBe(true)
    await expectNextGoodFrame()
  })

  test('over HTTP: 400 with the code, not stored', async () => {
    const before = await refusals(code)
    const time = nextTime()
    const answer = await post(CAMERA, await jpeg(), `?capturedAt=${time}`)
    expect(answer).toMatchObject({ status: 400, error: { code, message: expect.stringMatching(/\w/) } })
    expect(await refusals(code)).toBe(before + 1)
    await expectNotStored(`${CAMERA}/${time}`, code)
    await expectNextGoodFrame()
  })
})

describe('a camera with a model decodes its frames', { timeout: 60_000 }, () => {
  const TAUGHT = `${DEVICE}/taught`
  beforeAll(() => teachDoor(system, TAUGHT), 60_000)

  test('a right header and nothing behind it: acknowledged, stored, refused', async () => {
    const time = nextTime()
    await publish(await connect(), `ajar/${TAUGHT}/frame/${time}`, headerOnly(640, 360))
    const { payload } = await rejection(`${TAUGHT}/${time}`)
    expect(payload).toMatchObject({ code: 'not_jpeg', reason: expect.stringMatching(/decoded/) })
    expect(await system.ended(`${TAUGHT}/${time}`)).toMatchObject({
      outcome: 'refused',
      code: 'not_jpeg',
      result: null,
    })
  })

  test('one pixel is a picture like any other', async () => {
    const jpeg = await onePixel()
    const time = nextTime()
    await publish(await connect(), `ajar/${TAUGHT}/frame/${time}`, jpeg)
    const frame = await system.ended(`${TAUGHT}/${time}`)
    expect(frame).toMatchObject({ outcome: 'classified', sha256: sha256(jpeg), result: { model: `${TAUGHT}@1` } })
  })
})

describe('3 MB where 2 MB are allowed', () => {
  test('over MQTT: the connection closes, and the device is told', async () => {
    const told = rejected.length
    const client = await connect()
    const gone = closed(client)
    const time = nextTime()
    publish(client, `ajar/${CAMERA}/frame/${time}`, await heavy(3 * MEGABYTE)).catch(() => {})
    expect(await gone).toBe('closed')
    const { payload } = await until(() => rejected[told])
    expect(payload).toMatchObject({ code: 'too_large', reason: expect.stringMatching(/\d/) })
    expect(await system.metric('ajar_broker_events_total{code="packet_too_large"}')).toBe(1)
    expect(await system.frame(`${CAMERA}/${time}`)).toBeNull()
    await expectNextGoodFrame()
  })

  test('over HTTP: 413 too_large', async () => {
    const time = nextTime()
    const answer = await post(CAMERA, await heavy(3 * MEGABYTE), `?capturedAt=${time}`)
    expect(answer).toMatchObject({ status: 413, error: { code: 'too_large' } })
    expect(await system.frame(`${CAMERA}/${time}`)).toBeNull()
    await expectNextGoodFrame()
  })
})

test.each([
  { what: 'a topic of another device', topic: 'ajar/door2/cam/frame' },
  { what: 'an unknown topic', topic: `ajar/${DEVICE}/cam/picture` },
  { what: 'a topic of somebody else', topic: 'zigbee/door' },
  { what: "a camera's state, which only the server publishes", topic: `ajar/${CAMERA}/state` },
])('$what: the connection closes without PUBACK', async ({ topic }) => {
  const before = await system.metric('ajar_broker_events_total{code="refused_publish"}')
  const client = await connect()
  const gone = closed(client)
  let acknowledged = false
  publish(client, topic, good).then(
    () => {
      acknowledged = true
    },
    () => {},
  )
  expect(await gone).toBe('closed')
  expect(acknowledged).toBe(false)
  expect(await system.metric('ajar_broker_events_total{code="refused_publish"}')).toBe(before + 1)
  await expect(system.api.get('/api/cameras/door2/cam')).rejects.toMatchObject({ status: 404 })
  await expectNextGoodFrame()
})

describe('a wrong secret', () => {
  test('over MQTT: CONNACK says bad user name or password', async () => {
    await expect(system.connect(DEVICE, 'wrong')).rejects.toMatchObject({ code: 4 })
    expect(await system.metric('ajar_broker_events_total{code="bad_credentials"}')).toBe(1)
    await expectNextGoodFrame()
  })

  test('over HTTP: 401 bad_token', async () => {
    const answer = await post(CAMERA, good, '', 'wrong')
    expect(answer).toMatchObject({ status: 401, error: { code: 'bad_token' } })
  })
})

describe.each([
  { what: 'in 2099', time: String(YEAR_2099) },
  { what: 'of -1', time: '-1' },
  { what: 'that is no number', time: 'noon' },
])('a capture time $what', ({ time }) => {
  test('over MQTT: rejected with code clock', async () => {
    const before = await refusals('clock')
    await publish(await connect(), `ajar/${CAMERA}/frame/${time}`, good)
    expect((await rejection(`${CAMERA}/${time}`)).payload.code).toBe('clock')
    expect(await refusals('clock')).toBe(before + 1)
    await expectNextGoodFrame()
  })

  test('over HTTP: 400 clock', async () => {
    expect(await post(CAMERA, good, `?capturedAt=${time}`)).toMatchObject({ status: 400, error: { code: 'clock' } })
    await expectNextGoodFrame()
  })
})

test('a bad camera name: reported over MQTT, 400 over HTTP, and no camera is made', async () => {
  await publish(await connect(), `ajar/${DEVICE}/Cam_1/frame`, good)
  expect((await rejection(`${DEVICE}/Cam_1`)).payload.code).toBe('bad_name')
  expect(await post(`${DEVICE}/Cam_1`, good, '')).toMatchObject({ status: 400, error: { code: 'bad_request' } })
  const { items } = await system.api.get<{ items: { id: string }[] }>('/api/cameras')
  expect(items.map(({ id }) => id)).toEqual([CAMERA, `${DEVICE}/taught`])
  await expectNextGoodFrame()
})

describe.each([
  { what: 'another picture', other: () => withComment(good, 'another'), code: 'id_collision', status: 409 },
  { what: 'a picture that cannot be used', other: () => good.subarray(0, 500), code: 'truncated', status: 400 },
])('an id sent again with $what', ({ other, code, status }) => {
  /** Both are sent before the first can have ended. */
  test('over MQTT: the first frame stays as it is', async () => {
    const client = await connect()
    const time = nextTime()
    const topic = `ajar/${CAMERA}/frame/${time}`
    await Promise.all([publish(client, topic, good), publish(client, topic, other())])
    expect((await rejection(`${CAMERA}/${time}`)).payload.code).toBe(code)
    await expectUnchanged(`${CAMERA}/${time}`)
  })

  test('over HTTP: the second is refused, the first frame stays as it is', async () => {
    const time = nextTime()
    expect(await post(CAMERA, good, `?capturedAt=${time}`)).toMatchObject({ status: 201, duplicate: false })
    await system.ended(`${CAMERA}/${time}`)
    expect(await post(CAMERA, other(), `?capturedAt=${time}`)).toMatchObject({ status, error: { code } })
    await expectUnchanged(`${CAMERA}/${time}`)
  })

  async function expectUnchanged(id: string) {
    const classified = await until(async () => {
      const frame = (await system.frame(id)) as Frame
      return frame.outcome === 'pending' || frame.outcome === 'refused' ? null : frame
    })
    expect(classified).toMatchObject({ outcome: 'classified', code: null, sha256: sha256(good) })
  }
})
