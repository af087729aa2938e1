import { connect } from 'node:net'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer, until } from './running-server.ts'

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
  ['HTTP/1.1 without a type', 'HTTP/1.1', ['Host: 192.168.1.5:20002', 'Connection: close']],
  [
    'HTTP/1.1 as a form',
    'HTTP/1.1',
    ['host: ajar', 'content-type: application/x-www-form-urlencoded', 'connection: close'],
  ],
  ['HTTP/1.1 with a type that is none', 'HTTP/1.1', ['Host: ajar', 'Content-Type: json', 'Connection: close']],
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
  const chunked = ['Host: ajar', 'Transfer-Encoding: chunked', 'Connection: close']
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

test('a few long bodies may be on their way at once, and short ones do not wait for them', async () => {
  const long = ' '.repeat(2 * 1024 * 1024)
  const head = request('POST /training/post/train HTTP/1.0', [`Content-Length: ${long.length}`])
  const halves = Array.from({ length: 4 }, () => connect(server.app.listening.http, '127.0.0.1'))
  onTestFinished(() => {
    for (const socket of halves) socket.destroy()
  })
  for (const socket of halves) socket.on('error', () => {}).write(head)
  await until(async () => (await postTraining(long)).status === 503)
  expect(await postTraining('{}')).toMatchObject({ status: 401 })
  for (const socket of halves) socket.destroy()
  await until(async () => (await postTraining(long)).status === 400)
})

const postTraining = (body: string) => fetch(`${server.url}/training/post/train`, { method: 'POST', body })
