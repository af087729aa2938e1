import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { InfluxConnection, InfluxError } from '../src/record/influx/connection.ts'
import type { Point } from '../src/record/influx/points.ts'
import { Policies } from '../src/record/influx/policies.ts'
import { Writer } from '../src/record/influx/writer.ts'
import { type Said, SilentInflux } from './silent-influx.ts'

/** The requests that InfluxDB 2 documents for clients of 1.x, of which none runs here: https://docs.influxdata.com/influxdb/v2/api/v1-compatibility/ */

const SECRET = 'p@ss:w/rd'
const POINT: Point = {
  measurement: 'result',
  tags: { device: 'pi', camera: 'cam', state: 'open' },
  fields: { confidence: 1, late: false, reason: 'a "b"' },
  timestamp: 1_700_000_000_123,
}
const LINE = 'result,camera=cam,device=pi,state=open confidence=1,late=false,reason="a \\"b\\"" 1700000000123'
const TAKEN: Said = { status: 204, headers: { 'x-influxdb-version': 'v2.7.11' } }

function connect(url: string, token: string | null = null, requestMs = 2000) {
  const connection = new InfluxConnection({ url: new URL(url), token, requestMs })
  onTestFinished(() => connection.close())
  let made = 0
  const writer = new Writer(connection, async () => void made++)
  return { connection, writer, made: () => made }
}

/** One that answers each write so. */
async function answering(said: Said | null) {
  const influx = await SilentInflux.start(onTestFinished, ({ path }) => (path === '/write' ? said : TAKEN))
  return { influx, ...connect(influx.url()) }
}

test.each([
  ['user and password', `ann:${encodeURIComponent(SECRET)}@`, null, `Basic ${btoa(`ann:${SECRET}`)}`],
  ['token', '', 'a-token==', 'Token a-token=='],
  ['nothing', '', null, undefined],
])('with %s a write is the call of 1.x, and who we are stands in its header alone', async (_, user, token, header) => {
  const influx = await SilentInflux.start(onTestFinished, () => TAKEN)
  const { writer, connection } = connect(influx.url(user, 'my%20doors'), token)
  await writer.write([POINT, { ...POINT, timestamp: 5 }])
  await writer.write([POINT], 'rollups')
  const [first, second] = influx.asked
  expect(first).toMatchObject({ method: 'POST', path: '/write', query: { db: 'my doors', precision: 'ms' } })
  expect(first?.query).not.toHaveProperty('rp')
  expect(first?.body).toBe(`${LINE}\n${LINE.replace('1700000000123', '5')}`)
  expect(second?.query).toEqual({ db: 'my doors', rp: 'rollups', precision: 'ms' })
  for (const { headers } of influx.asked) {
    expect(headers.authorization).toBe(header)
    expect(headers['content-type']).toBe('text/plain; charset=utf-8')
  }
  expect(JSON.stringify(influx.asked.map(({ path, query, body }) => ({ path, query, body })))).not.toContain('ann')
  expect(connection.target).toBe(`${influx.target.replace('doors', 'my doors')}`)
})

test('of 2.x nothing is made: it says which bucket is missing', async () => {
  const body = JSON.stringify({ code: 'not found', message: 'no dbrp mapping found' })
  const { influx, writer, made } = await answering({ ...TAKEN, status: 404, body })
  await expect(writer.write([POINT])).rejects.toThrow(
    '404: no dbrp mapping found; InfluxDB 2 writes into buckets: make one that is named doors',
  )
  await expect(writer.write([POINT], 'rollups')).rejects.toThrow('named doors/rollups')
  expect(influx.asked.map(({ path }) => path)).toEqual(['/write', '/write'])
  expect(made()).toBe(0)
  const { connection } = connect(influx.url())
  await expect(new Policies(connection, 86_400_000).apply()).rejects.toThrow('set the retention of its bucket')
  expect(influx.asked.slice(2).map(({ path }) => path)).toEqual(['/ping'])
  const policies = new Policies(connection, null)
  await policies.apply()
  expect(policies.keptMs).toBe(null)
})

test.each([
  [401, 'unauthorized', {}, 0],
  [503, 'service unavailable', { 'retry-after': '7' }, 7000],
  [429, 'too many requests', { 'retry-after': '86400' }, 300_000],
])('%i is nothing that the points can help: they are to be sent again', async (status, message, headers, pauseMs) => {
  const { influx, writer } = await answering({ status, headers, body: JSON.stringify({ code: message, message }) })
  const error = await writer.write([POINT, POINT]).catch((error) => error)
  expect(error).toBeInstanceOf(InfluxError)
  expect(error).toMatchObject({
    status,
    pauseMs,
    fault: 'environment',
    message: `InfluxDB answered ${status}: ${message}`,
  })
  expect(influx.asked).toHaveLength(1)
})

test('a point that is refused costs no other one', async () => {
  const refused = (body: string) => /state=bad/.test(body)
  const influx = await SilentInflux.start(onTestFinished, ({ body }) =>
    refused(body)
      ? {
          status: 422,
          body: JSON.stringify({ code: 'unprocessable entity', message: 'field type conflict dropped=1' }),
        }
      : TAKEN,
  )
  const { writer } = connect(influx.url())
  const points = Array.from({ length: 300 }, (_, i): Point => {
    const state = i % 100 === 50 ? 'bad' : 'good'
    return { ...POINT, measurement: i % 2 === 0 ? 'result' : 'probability', tags: { state }, timestamp: i }
  })
  expect(await writer.write(points)).toEqual({ points: 3, tooOld: 0, why: expect.stringContaining('type conflict') })
  const taken = new Set(influx.asked.flatMap(({ body }) => (refused(body) ? [] : body.split('\n'))))
  expect(taken.size).toBe(297)
})

test('what is too large at once is sent in parts', async () => {
  const influx = await SilentInflux.start(onTestFinished, ({ body }) =>
    body.length > 1000 ? { status: 413, body: '<html>too large</html>' } : TAKEN,
  )
  const { writer } = connect(influx.url())
  const points = Array.from({ length: 50 }, (_, i) => ({ ...POINT, timestamp: i }))
  const long = { ...POINT, fields: { text: 'x'.repeat(1001) } }
  expect(await writer.write([...points, long])).toMatchObject({ points: 1 })
  const taken = influx.asked.filter(({ body }) => body.length <= 1000).flatMap(({ body }) => body.split('\n'))
  expect(taken).toHaveLength(50)
})

test.each([
  ['a proxy', { status: 400, body: '<html><h1>Bad Request</h1></html>' }, '400: Bad Request'],
  [
    'a port that speaks TLS',
    { status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' },
    'HTTPS server',
  ],
  ['another address', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'answered 302'],
  ['another program', { status: 404, body: 'page not found' }, '404: page not found'],
])('%s refuses no points, as it knows none', async (_, said, message) => {
  const { influx, writer, made } = await answering(said)
  await expect(writer.write([POINT, POINT])).rejects.toThrow(message)
  expect(influx.asked).toHaveLength(1)
  expect(made()).toBe(0)
})

test('an answer without an end is not read to its end', async () => {
  let sent = 0
  const influx = await SilentInflux.start(onTestFinished, (_, response) => {
    response.writeHead(500)
    const chunk = 'x'.repeat(65_536)
    const more = () => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length
      if (!response.destroyed) response.once('drain', more)
    }
    more()
    return null
  })
  await expect(connect(influx.url()).writer.write([POINT])).rejects.toThrow(/^InfluxDB answered 500: x{300}$/)
  expect(sent).toBeLessThan(50_000_000)
})

test.each([
  ['never comes', ''],
  ['trickles', 'HTTP/1.1 204 No Content\r\n'],
  ['breaks off in its middle', 'HTTP/1.1 500 Error\r\ncontent-length: 900\r\n\r\nhalf'],
])('an answer that %s is not waited for', async (what, begin) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(begin)
      if (what.startsWith('breaks')) socket.end()
      else if (begin) setInterval(() => socket.write('x-a: b\r\n'), 50).unref()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const { writer } = connect(`http://127.0.0.1:${port}/doors`, null, 300)
  const error = await writer.write([POINT]).catch((error) => error)
  expect(error).toMatchObject({ fault: 'environment', status: null, isLate: !what.startsWith('breaks') })
})

test('closed, it waits for nobody', async () => {
  const influx = await SilentInflux.start(onTestFinished, () => null)
  const { connection, writer } = connect(influx.url(), null, 3_600_000)
  const written = writer.write([POINT]).catch((error) => error)
  await expect.poll(() => influx.asked.length).toBe(1)
  connection.close()
  expect(await written).toBeInstanceOf(InfluxError)
})
