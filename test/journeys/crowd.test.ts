import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { door, withComment } from './pictures.ts'
import { ADMIN_TOKEN, System, until } from './system.ts'

/** Far more connections than anybody needs, and some that never come to the point: the rest is served. */

const MANY = 10_000
/** Opened at once: the listener's queue takes no more. */
const BATCH = 250
const MOST_OPEN = 1000
const SLOW = { timeout: 60_000 }
const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}` }

let system: System

beforeAll(async () => {
  system = await System.start()
})
afterAll(() => system?.close())

test.for([
  ['say nothing', ''],
  ['ask once and stay', 'GET /api/health/live HTTP/1.1\r\nhost: here\r\n\r\n'],
])('10,000 connections that %s keep nobody out', SLOW, async ([, said = ''], context) => {
  needs(mayOpen() > MANY + 1000, `more than ${MANY} open files: ulimit -n`, context)
  const door1 = `door${said.length}`
  const device = await system.connect(door1, await system.addDevice(door1))
  const operator = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => operator.destroy())
  const wall = await eventsOf(operator)
  const before = await system.metric('ajar_http_closed_by_limit')
  const picture = await door('closed')
  let sent = 0
  for (let opened = 0; opened < MANY; opened += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, () => open(said)))
    if (opened % 1000 !== 0) continue
    // New connections and old ones, MQTT and HTTP.
    await device.publishAsync(`ajar/${door1}/cam/frame/${Date.now()}`, withComment(picture, `${sent++}`), { qos: 1 })
    expect((await system.api.get<{ items: object[] }>('/api/cameras')).items).not.toHaveLength(0)
  }
  expect(await system.metric('ajar_http_connections')).toBeLessThanOrEqual(MOST_OPEN)
  expect((await system.metric('ajar_http_closed_by_limit')) - before).toBeGreaterThan(MANY / 2)
  expect(readdirSync(`/proc/${system.server.process.pid}/fd`).length).toBeLessThan(2 * MOST_OPEN)
  const { checks } = await system.api.get<{ checks: { name: string }[] }>('/api/health/ready')
  expect(checks.find(({ name }) => name === 'http_connections')).toMatchObject({
    level: 'warn',
    text: expect.stringMatching(/HTTP connections were open at once, \d+ of them from 127\.0\.0\.1;.*stop it/),
  })
  expect(system.printed.filter((line) => line.includes('HTTP connections were open')).length).toBeGreaterThan(0)
  // The stream from before the crowd goes on.
  expect(wall.ended).toBe(false)
  await system.api.send('POST', '/api/devices', { name: `late${said.length}` })
  await until(() => wall.text.includes(`late${said.length}`))
})

test('150,000 requests in a hundred writes, whose answers nobody reads, hold up nobody', SLOW, async () => {
  const before = await system.metric('ajar_http_closed_by_limit')
  const flood = 'GET /docs/json HTTP/1.1\r\nhost: here\r\n\r\n'.repeat(1500)
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open('')))
  for (const socket of sockets) socket.pause().write(flood)
  await until(async () => (await system.metric('ajar_http_closed_by_limit')) - before === 100)
  expect(await system.api.get('/api/health/live')).toEqual({ status: 'ok' })
  // All answers together would be 22 GB.
  expect(await system.metric('process_resident_memory_bytes')).toBeLessThan(1024 ** 3)
  const { checks } = await system.api.get<{ checks: { name: string }[] }>('/api/health/ready')
  expect(checks.find(({ name }) => name === 'http_connections')).toMatchObject({
    level: 'warn',
    text: expect.stringMatching(/more than 8 unanswered requests, from 127\.0\.0\.1/),
  })
})

test('whoever sends headers byte by byte is let go, and others are served meanwhile', SLOW, async () => {
  const slow = await open('GET /api/health/live HTTP/1.1\r\n')
  let answer = ''
  slow.on('data', (bytes) => {
    answer += bytes
  })
  const drip = setInterval(() => slow.write('x'), 100)
  onTestFinished(() => clearInterval(drip))
  const gone = new Promise((resolve) => slow.once('close', resolve))
  expect(await system.api.get('/api/health/live')).toEqual({ status: 'ok' })
  await gone
  // A byte that is on its way when the server closes resets the connection, and may take the answer along.
  expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/)
})

/** The files, and so the connections, that this process may open. */
function mayOpen(): number {
  const said = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim()
  return said === 'unlimited' ? Number.POSITIVE_INFINITY : Number(said)
}

/** A connection that says this and stays. */
async function open(said: string): Promise<Socket> {
  const { hostname, port } = new URL(system.server.http)
  const socket = connect({ port: Number(port), host: hostname })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {}) // it is reset where there are too many
  socket.resume()
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  if (said !== '') socket.write(said)
  return socket
}

/** The server's events as they come. */
async function eventsOf(agent: Agent): Promise<{ text: string; ended: boolean }> {
  const stream = { text: '', ended: false }
  const asked = get(`${system.server.http}/api/events`, { agent, headers: AUTHORIZED })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.on('data', (bytes) => {
    stream.text += bytes
  })
  answer.once('close', () => {
    stream.ended = true
  })
  answer.on('error', () => {})
  return stream
}
