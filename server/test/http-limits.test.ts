import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { HttpError } from '../src/http/errors.ts'
import { createHttp, type Http } from '../src/http/http.ts'
import { Logging } from '../src/index.ts'
import { until } from './running-server.ts'

const TOKEN = 'a-token-that-works'
const MIB = 1024 * 1024

/** A server with routes that anybody may call, and what it logs. */
async function serve(): Promise<{ http: Http; printed: string[] }> {
  const printed: string[] = []
  const file = { path: '', maxBytes: 0, enabled: false }
  const logging = new Logging({ level: 'warn', file, print: (text) => printed.push(text) })
  const http = await createHttp({
    log: logging.of('http'),
    maxFrameBytes: MIB,
    authenticate: (token) =>
      token === TOKEN ? { tokenId: '1', name: 'somebody', role: 'viewer', account: 'token:1' } : null,
  })
  onTestFinished(() => http.close())
  const anybody = { config: { access: 'public' } } as const
  http.post('/take', anybody, async ({ body }) => ({ taken: JSON.stringify(body).length }))
  http.get('/full', anybody, async () => {
    throw new HttpError(503, 'busy', 'too much at once')
  })
  http.get('/broken', anybody, async () => {
    throw new Error('never thought of')
  })
  await http.listen({ port: 0, host: '127.0.0.1' })
  return { http, printed }
}

/** Says that a body of this size comes, and sends no more of it than its first byte. */
async function announce(http: Http, bytes: number, header = ''): Promise<Socket> {
  const socket = connect((http.server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(
    `POST /take HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n${header}\r\n"`,
  )
  return socket
}

async function answerTo(socket: Socket): Promise<string> {
  const [bytes] = await once(socket, 'data')
  return String(bytes)
}

test('long bodies of callers without a token are bounded together; short ones and callers with a token get through', async () => {
  const { http } = await serve()
  const held: Socket[] = []
  const begun: Socket[] = []
  http.server.on('request', ({ socket }) => begun.push(socket))
  for (let i = 0; i < 16; i++) held.push(await announce(http, MIB))
  await until(() => begun.length === 16)
  const refused = await answerTo(await announce(http, MIB))
  expect(refused).toMatch(/^HTTP\/1\.1 503 /)
  expect(refused).toMatch(/^connection: close\r$/im)
  expect(refused).toContain('"code":"busy"')
  const short = await announce(http, 4)
  short.write('ab"')
  expect(await answerTo(short)).toContain('{"taken":4}')
  const known = await announce(http, MIB, `authorization: Bearer ${TOKEN}\r\n`)
  known.write(`${'x'.repeat(MIB - 2)}"`)
  expect(await answerTo(known)).toContain(`{"taken":${MIB}}`)
  // Whoever leaves makes room.
  const gone = begun.filter(({ destroyed }) => destroyed).length
  held[0]?.destroy()
  await until(() => begun.filter(({ destroyed }) => destroyed).length > gone)
  const next = await announce(http, MIB)
  next.write(`${'x'.repeat(MIB - 2)}"`)
  expect(await answerTo(next)).toContain(`{"taken":${MIB}}`)
})

test('JSON of too many brackets is refused before it is parsed', async () => {
  const { http } = await serve()
  const json = { 'content-type': 'application/json' }
  const deep = await http.inject({ method: 'POST', url: '/take', headers: json, payload: '['.repeat(MIB) })
  expect(deep.statusCode).toBe(400)
  expect(deep.json().error.code).toBe('too_deep')
  const plain = await http.inject({ method: 'POST', url: '/take', headers: json, payload: '{"a":[1]}' })
  expect(plain.json()).toEqual({ taken: 9 })
  for (const payload of ['', '{', '{"__proto__":{}}']) {
    const wrong = await http.inject({ method: 'POST', url: '/take', headers: json, payload })
    expect(wrong.json().error.code).toBe('bad_request')
  }
})

test('what anybody can cause is a warning now and then, without a stack; our faults are errors', async () => {
  const { http, printed } = await serve()
  for (let i = 0; i < 5; i++) expect((await http.inject('/full?i=1')).statusCode).toBe(503)
  expect((await http.inject('/broken')).statusCode).toBe(500)
  expect(printed).toHaveLength(2)
  expect(printed[0]).toMatch(/ WARN http: refused: too much at once code="busy" url="\/full"\n$/)
  expect(printed[1]).toMatch(/ ERROR http: request failed url="\/broken"\n +Error: never thought of\n +at /)
})

test('the description of the API is written once, and is what it was', async () => {
  const { http } = await serve()
  const json = await http.inject('/docs/json')
  expect(json.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(json.json()).toEqual(JSON.parse(JSON.stringify(http.swagger())))
  const yaml = await http.inject('/docs/yaml')
  expect(yaml.headers['content-type']).toBe('application/x-yaml')
  expect(yaml.body).toBe(http.swagger({ yaml: true }))
})
