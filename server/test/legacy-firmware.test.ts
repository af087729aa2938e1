import { connect } from 'node:net'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer } from './running-server.ts'

/** The sketch of a client on a small board writes its request by hand and reads until the server closes. */

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile, { AJAR_LEGACY_OPEN: '1' })
})

/** Writes lines as they are and reads to the end. */
function talk(...parts: string[]): Promise<{ head: string; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.app.listening.http, '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (text) => {
      answer += text
    })
    socket.once('error', reject)
    socket.once('end', () => {
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      resolve({ head, body })
    })
    for (const part of parts) socket.write(part)
  })
}

const request = (line: string, headers: string[], body = '') => [line, ...headers, '', body].join('\r\n')
const BODY = '{"NAME":"RPI 1","ID":10522}'
const TWICE = JSON.stringify(BODY)

test.each([
  ['HTTP/1.0 without any header but the length', 'HTTP/1.0', []],
  ['HTTP/1.0 with a type', 'HTTP/1.0', ['Content-Type: application/json']],
  ['HTTP/1.1 without a host', 'HTTP/1.1', ['Connection: close']],
  ['HTTP/1.1 without a type', 'HTTP/1.1', ['Host: 192.168.1.5:20002', 'Connection: close']],
  [
    'HTTP/1.1 as a form',
    'HTTP/1.1',
    ['host: ajar.local', 'content-type: application/x-www-form-urlencoded', 'connection: close'],
  ],
  ['HTTP/1.1 with a type that is none', 'HTTP/1.1', ['Host: localhost:1', 'Content-Type: json', 'Connection: close']],
])('%s', async (_, version, headers) => {
  for (const body of [BODY, TWICE]) {
    const length = `Content-Length: ${body.length}`
    const { head, body: text } = await talk(
      request(`POST /server/post/keep_alive ${version}`, [...headers, length], body),
    )
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).toMatch(/^content-length: 7\r?$/im)
    expect(head).toMatch(/^content-type: text\/html; charset=utf-8\r?$/im)
    expect(head).toMatch(/^connection: close\r?$/im)
    expect(text).toBe('Success')
  }
})

test('a body comes in pieces, or in chunks', async () => {
  const head = request('POST /server/post/keep_alive HTTP/1.0', [`Content-Length: ${BODY.length}`])
  expect(await talk(head, BODY.slice(0, 9), BODY.slice(9))).toMatchObject({ body: 'Success' })
  const chunked = ['Transfer-Encoding: chunked', 'Connection: close']
  const chunks = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`
  const answer = await talk(request('POST /server/post/keep_alive HTTP/1.1', chunked, chunks))
  expect(answer).toMatchObject({ body: 'Success' })
})

test('a body that is not there is not JSON', async () => {
  const { head, body } = await talk(request('POST /server/post/keep_alive HTTP/1.0', []))
  expect(head).toMatch(/^HTTP\/1\.1 400 /)
  expect(body).toBe('Error, not valid JSON')
})

test.each(['/server/get/list_of_servers', '/app/get/list_of_servers', '/server/get/list_of_servers/'])(
  'the list by %s',
  async (path) => {
    await talk(request('POST /server/post/keep_alive HTTP/1.0', [`Content-Length: ${BODY.length}`], BODY))
    const { head, body } = await talk(request(`GET ${path} HTTP/1.0`, []))
    expect(head).toMatch(/^content-type: text\/html/im)
    expect(JSON.parse(body)).toEqual([{ addr: '127.0.0.1', name: 'RPI 1', id: 10522 }])
  },
)

test('without a token elsewhere, and for a redeploy here, the status says so', async () => {
  expect((await talk(request('POST /debug/post/redeploy HTTP/1.0', []))).head).toMatch(/^HTTP\/1\.1 401 /)
  expect((await talk(request('GET /api/cameras HTTP/1.0', []))).head).toMatch(/^HTTP\/1\.1 401 /)
})

test('deep JSON is refused before it is parsed, also where it is encoded twice', { timeout: 30_000 }, async () => {
  const deep = '['.repeat(30_000) + ']'.repeat(30_000)
  const deeper = '['.repeat(500_000) + ']'.repeat(500_000)
  const paths = {
    '/debug/post/echo': deep,
    '/training/post/train': deeper,
    '/server/post/keep_alive': deep.slice(0, 4000),
  }
  for (const [path, body] of Object.entries(paths)) {
    for (const sent of [body, JSON.stringify(body)]) {
      const { status, text } = await post(path, sent)
      expect({ status, text }).toEqual({ status: 400, text: expect.stringMatching(/^JSON may have at most 64 /) })
    }
  }
})

async function post(path: string, body: string) {
  const response = await fetch(server.url + path, { method: 'POST', body })
  return { status: response.status, text: await response.text() }
}
