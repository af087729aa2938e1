import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPending } from './kept.ts'
import { door, sha256, withComment } from './pictures.ts'
import { ADMIN_TOKEN, closed, type Frame, System, until } from './system.ts'
import { Wire } from './wire.ts'

/** A PUBACK that never arrives makes the client send the frame again; ajar has it once. */

const DEVICE = 'door1'

let system: System
let wire: Wire
let token: string
let picture: Buffer

beforeAll(async () => {
  system = await System.start()
  wire = new Wire()
  await wire.start(system.mqttPort)
  token = await system.addDevice(DEVICE)
  picture = await door('closed')
})
afterAll(async () => {
  await wire?.close()
  await system?.close()
})

const connect = () => system.connect(DEVICE, token, { port: wire.port })

/** Sends a frame whose PUBACK is lost, cuts the connection, and sends it again as a client that was not answered does. */
async function sendTwice(topic: string, jpeg: Buffer) {
  const lost = wire.lostPubacks
  wire.losesPubacks = true
  const first = await connect()
  const gone = closed(first)
  first.publish(topic, jpeg, { qos: 1 })
  await until(() => wire.lostPubacks > lost)
  wire.losesPubacks = false
  wire.cut()
  await gone
  const acknowledged = wire.acknowledged.length
  const second = await connect()
  await second.publishAsync(topic, jpeg, { qos: 1, dup: true })
  second.end()
  expect(wire.acknowledged.slice(acknowledged)).toMatchObject([{ topic, dup: true, sha256: sha256(jpeg) }])
}

async function framesOf(camera: string): Promise<Frame[]> {
  const { items } = await system.api.get<{ items: Frame[] }>(`/api/frames?camera=${encodeURIComponent(camera)}`)
  return items
}

/** Once nothing is pending, the camera has `count` frames, all classified. */
async function expectFrames(camera: string, count: number) {
  const frames = await until(async () => {
    const found = await framesOf(camera)
    return found.length >= count && readPending(system.dataDir).length === 0 && found
  })
  expect(frames).toHaveLength(count)
  expect(frames.map(({ outcome }) => outcome)).toEqual(frames.map(() => 'classified'))
  expect(new Set(frames.map(({ id }) => id)).size).toBe(count)
}

test('with a time in the topic: one frame, acknowledged both times', async () => {
  const time = Date.now()
  await sendTwice(`ajar/${DEVICE}/timed/frame/${time}`, picture)
  await expectFrames(`${DEVICE}/timed`, 1)
  expect((await system.frame(`${DEVICE}/timed/${time}`))?.sha256).toBe(sha256(picture))
  expect(await system.metric('ajar_frames_ingested_total{outcome="duplicate"}')).toBe(1)
})

test('without a time: one frame, acknowledged both times', async () => {
  await sendTwice(`ajar/${DEVICE}/untimed/frame`, picture)
  await expectFrames(`${DEVICE}/untimed`, 1)
  expect(await system.metric('ajar_frames_ingested_total{outcome="duplicate"}')).toBe(2)
})

test('without a time and after a restart of the server: still one frame', async () => {
  const jpeg = withComment(picture, 'before the restart')
  const client = await connect()
  await client.publishAsync(`ajar/${DEVICE}/kept/frame`, jpeg, { qos: 1 })
  await system.killServer()
  await system.startServer()
  wire.target = system.mqttPort
  const again = await connect()
  await again.publishAsync(`ajar/${DEVICE}/kept/frame`, jpeg, { qos: 1, dup: true })
  await expectFrames(`${DEVICE}/kept`, 1)
})

test('the same picture without DUP and without a time is another frame: a still door looks like itself', async () => {
  const client = await connect()
  for (let i = 0; i < 2; i++) await client.publishAsync(`ajar/${DEVICE}/still/frame`, picture, { qos: 1 })
  await expectFrames(`${DEVICE}/still`, 2)
})

describe('over HTTP', () => {
  test('the same id twice: 201, then 200 as a duplicate', async () => {
    const time = Date.now()
    const post = async () => {
      const answer = await fetch(`${system.server.http}/api/cameras/${DEVICE}/posted/frames?capturedAt=${time}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'image/jpeg' },
        body: new Uint8Array(picture),
      })
      return { status: answer.status, body: await answer.json() }
    }
    const frame = `${DEVICE}/posted/${time}`
    expect(await post()).toEqual({ status: 201, body: { frame, duplicate: false } })
    expect(await post()).toEqual({ status: 200, body: { frame, duplicate: true } })
    await expectFrames(`${DEVICE}/posted`, 1)
  })
})
