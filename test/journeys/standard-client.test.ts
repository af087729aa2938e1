import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { needsProgram } from '../setup/needs.ts'
import { door, sha256 } from './pictures.ts'
import { ADMIN_TOKEN, type Frame, System, until } from './system.ts'

/** Any MQTT client is a camera, and any MQTT client can watch: here Debian's mosquitto_pub and mosquitto_sub. */

const DEVICE = 'door1'
const CAMERA = `${DEVICE}/cam`

let system: System
let token: string
let picture: string
let jpeg: Buffer
const subscribers: ChildProcess[] = []

beforeAll(async () => {
  system = await System.start()
  token = await system.addDevice(DEVICE)
  jpeg = await door('open')
  picture = join(system.folder, 'picture.jpg')
  await writeFile(picture, jpeg)
})
afterAll(async () => {
  for (const subscriber of subscribers) subscriber.kill('SIGKILL')
  await system?.close()
})
beforeEach((context) => needsProgram('mosquitto_pub', 'mosquitto-clients', context))

function address(): string[] {
  return ['-h', '127.0.0.1', '-p', String(system.mqttPort)]
}

/** Runs mosquitto_pub to its end. @returns its exit code */
async function publish(topic: string, { password = token, payload = ['-f', picture] } = {}): Promise<number> {
  const options = ['-i', DEVICE, '-u', DEVICE, '-P', password, '-q', '1', '-t', topic, ...payload]
  const [code] = await once(spawn('mosquitto_pub', [...address(), ...options]), 'close')
  return code
}

/** Runs mosquitto_sub until the test ends; the lines it prints, `topic size payload`. */
async function subscribe(filter: string): Promise<string[]> {
  const options = ['-u', 'token', '-P', ADMIN_TOKEN, '-q', '1', '-t', filter, '-F', '%t %l %p', '-d']
  const subscriber = spawn('stdbuf', ['-oL', 'mosquitto_sub', ...address(), ...options])
  subscribers.push(subscriber)
  const lines: string[] = []
  let subscribed = false
  createInterface({ input: subscriber.stdout }).on('line', (line) => {
    if (line.startsWith('Subscribed')) subscribed = true
    if (line.startsWith('ajar/')) lines.push(line)
  })
  await until(() => subscribed)
  return lines
}

test('mosquitto_pub is a camera: its frame is stored and classified, and mosquitto_sub sees the state', async () => {
  const states = await subscribe(`ajar/${CAMERA}/state`)
  expect(await publish(`ajar/${CAMERA}/frame`)).toBe(0)
  const line = await until(() => states[0])
  expect(line).toMatch(new RegExp(`^ajar/${CAMERA}/state \\d+ {"state":"unknown".*"reason":"no_model"`))
  const { items } = await system.api.get<{ items: Frame[] }>(`/api/frames?camera=${encodeURIComponent(CAMERA)}`)
  expect(items).toMatchObject([{ outcome: 'classified', sha256: sha256(jpeg) }])
})

test('a subscriber of everything gets states and no frames', async () => {
  const everything = await subscribe('#')
  const time = Date.now()
  expect(await publish(`ajar/${CAMERA}/frame/${time}`)).toBe(0)
  await system.ended(`${CAMERA}/${time}`)
  // What is published after the frame ends the wait: messages reach one subscriber in order.
  await publish(`ajar/${DEVICE}/contact/reading`, { payload: ['-m', '{"value":1}'] })
  await until(() => everything.some((line) => line.startsWith(`ajar/${DEVICE}/contact/reading`)))
  expect(everything.some((line) => line.startsWith(`ajar/${CAMERA}/state`))).toBe(true)
  expect(everything.filter((line) => line.includes('/frame'))).toEqual([])
})

test('a wrong token is told so', async () => {
  expect(await publish(`ajar/${CAMERA}/frame`, { password: 'wrong' })).not.toBe(0)
})
