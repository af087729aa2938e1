import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ADMIN_TOKEN, System } from './system.ts'

/** Bodies of a gigabyte, which nobody wants: refused early, with little memory, and others are served meanwhile. */

const GIGABYTE = 1024 ** 3
/** Of eleven gigabytes that are sent. */
const MOST_GROWTH = 300 * 1024 ** 2
const SLOW = { timeout: 60_000 }
const CHUNK = Buffer.alloc(64 * 1024, 'x')

let system: System

beforeAll(async () => {
  system = await System.start()
})
afterAll(() => system?.close())

const FRAMES = '/api/cameras/pi/cam/frames'
const TOKEN = `authorization: Bearer ${ADMIN_TOKEN}`
const LONG = `content-length: ${GIGABYTE}`
const CHUNKED = 'transfer-encoding: chunked'
const JSON_TYPE = 'content-type: application/json'
const JPEG_TYPE = 'content-type: image/jpeg'

/** What is sent, where, with which headers, and what is answered. */
const FLOODS: [string, string, string[], number, string][] = [
  ['JSON', '/api/devices', [TOKEN, LONG, JSON_TYPE], 413, 'too_large'],
  ['JSON in chunks', '/api/devices', [TOKEN, CHUNKED, JSON_TYPE], 413, 'too_large'],
  ['a picture', FRAMES, [TOKEN, LONG, JPEG_TYPE], 413, 'too_large'],
  ['a picture in chunks', FRAMES, [TOKEN, CHUNKED, JPEG_TYPE], 413, 'too_large'],
  ['of no type', FRAMES, [TOKEN, LONG], 413, 'too_large'],
  ['of an unknown type', FRAMES, [TOKEN, LONG, 'content-type: video/mp4'], 413, 'too_large'],
  ['of an unknown type in chunks', FRAMES, [TOKEN, CHUNKED, 'content-type: video/mp4'], 415, 'bad_request'],
  ['without a token', FRAMES, [LONG, JPEG_TYPE], 401, 'unauthenticated'],
  ['to sign in', '/api/session', [CHUNKED, JSON_TYPE], 413, 'too_large'],
  ['to no route', '/api/nothing', [CHUNKED, JSON_TYPE], 404, 'not_found'],
  ['to no route, with its length', '/nothing', [LONG, 'content-type: text/plain'], 404, 'not_found'],
]

test('bodies of 1 GB to every kind of call, all at once', SLOW, async () => {
  const before = residentBytes()
  const floods = FLOODS.map(async ([what, path, headers, status, code]) => {
    const answer = await post(path, headers)
    expect(answer, what).toContain(`HTTP/1.1 ${status} `)
    expect(answer, what).toContain(`"code":"${code}"`)
    expect(answer.toLowerCase(), what).toContain('connection: close')
  })
  expect(await system.api.get('/api/health/live')).toEqual({ status: 'ok' })
  await Promise.all(floods)
  expect(residentBytes() - before).toBeLessThan(MOST_GROWTH)
})

test('whoever asks first need not send it; who may is told to go on', SLOW, async () => {
  const expecting = 'expect: 100-continue'
  expect((await ask(FRAMES, [TOKEN, LONG, JPEG_TYPE, expecting])).text).toMatch(/^HTTP\/1\.1 413 /)
  expect((await ask(FRAMES, [LONG, JPEG_TYPE, expecting])).text).toMatch(/^HTTP\/1\.1 401 /)
  const { socket, text } = await ask('/api/devices', [TOKEN, 'content-length: 14', JSON_TYPE, expecting])
  expect(text).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('{"name":"pi3"}')
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 201 /)
})

test('a length that is a lie is refused, or waited for in vain', SLOW, async () => {
  const both = await ask(FRAMES, [TOKEN, LONG, CHUNKED, JPEG_TYPE])
  expect(both.text).toMatch(/^HTTP\/1\.1 400 /)
  // Less than promised, and then nothing any more.
  const short = await open()
  short.end(head('/api/devices', [TOKEN, 'content-length: 100', JSON_TYPE]).concat('{"name":"pi4"}'))
  await once(short.resume(), 'close')
  expect(await system.api.get<{ items: { name: string }[] }>('/api/devices')).toMatchObject({
    items: expect.not.arrayContaining([expect.objectContaining({ name: 'pi4' })]),
  })
})

/** Sends up to a gigabyte, until an answer is there and the connection closes. */
async function post(path: string, headers: string[]): Promise<string> {
  const socket = await open()
  let answer = ''
  let sent = 0
  socket.on('data', (bytes) => {
    answer += bytes
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(head(path, headers))
  const chunked = headers.includes(CHUNKED)
  while (sent < GIGABYTE && !socket.destroyed) {
    if (chunked) socket.write(`${CHUNK.length.toString(16)}\r\n`)
    const goesOn = socket.write(CHUNK)
    if (chunked) socket.write('\r\n')
    sent += CHUNK.length
    if (!goesOn) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed])
  }
  await closed
  return answer
}

/** Sends the head of a request. @returns what comes back first */
async function ask(path: string, headers: string[]): Promise<{ socket: Socket; text: string }> {
  const socket = await open()
  socket.write(head(path, headers))
  return { socket, text: String((await once(socket, 'data'))[0]) }
}

function head(path: string, headers: string[]): string {
  return [`POST ${path} HTTP/1.1`, 'host: here', ...headers, '', ''].join('\r\n')
}

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(system.server.http)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {}) // it may be reset while we still send
  await once(socket, 'connect')
  return socket
}

/** What the server has in memory. */
function residentBytes(): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${system.server.process.pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
