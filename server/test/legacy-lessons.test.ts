import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { Events } from '../src/database/events.ts'
import { type Lesson, Lessons } from '../src/legacy/lessons.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** `/training/post/train` with data: how it is read, and that its size is nobody else's trouble. */

const MIB = 1024 * 1024
const SENT = { length: null, address: '127.0.0.1' }
const quiet = { info: () => {}, warn: () => {} }

async function open(needed: string[] = []) {
  const folder = join(await temporaryFolder(onTestFinished), 'datasets')
  const why: string[] = []
  const log = { ...quiet, info: (said: object) => void why.push((said as { why: string }).why) }
  const lessons = new Lessons({
    ...{ folder, events: new Events(), log },
    room: async () => 1e12,
    needed: async () => needed,
  })
  await lessons.start()
  onTestFinished(() => lessons.close())
  const left = () => readdir(folder)
  return { folder, lessons, why, left }
}

/** What a body is, and the lines of its dataset. */
async function read(body: string) {
  const { folder, lessons, left, why } = await open()
  const found: { lesson?: Lesson; lines?: string[] } = {}
  const use = async (lesson: Lesson) => {
    found.lesson = lesson
    if (lesson.type !== 'CAMERA')
      found.lines = (await readFile(join(folder, lesson.dataset), 'utf8')).trimEnd().split('\n')
  }
  const error = await lessons.take(Readable.from([Buffer.from(body)]), SENT, use).then(
    () => null,
    ({ status, message }) => ({ status, message }),
  )
  return { ...found, error, why, left: await left() }
}

/** `[part][angle][subcarrier][point]`; a number says where it stands. */
function csi(points: number[]) {
  return [0, 1].map((part) =>
    points.map((count, angle) =>
      Array.from({ length: 53 }, (_, carrier) =>
        Array.from({ length: count }, (_, point) => part * 1000 + angle * 100 + carrier + point / 10),
      ),
    ),
  )
}

describe('a body', () => {
  test('of RSSI becomes one reading for each point, labelled with its angle', async () => {
    const DATA = [[-40, -41.5], [-50, 1e-7, 3], Array(4).fill(0)]
    for (const body of [
      JSON.stringify({ TYPE: 'RSSI', DATA }),
      JSON.stringify(JSON.stringify({ DATA, TYPE: 'RSSI' })),
    ]) {
      const { lesson, lines, left } = await read(body)
      expect(lesson).toMatchObject({ type: 'RSSI', states: ['0', '15', '30'] })
      expect(lines).toEqual([
        ...['Label,value', '0,-40', '0,-41.5', '15,-50', '15,1e-7', '15,3', '30,0', '30,0', '30,0', '30,0'],
      ])
      expect(left).toHaveLength(1) // the body is gone
    }
  })

  test('of CSI becomes packets of amplitudes, then phases', async () => {
    const { lesson, lines = [] } = await read(JSON.stringify({ TYPE: 'CSI', DATA: csi([2, 3]) }))
    expect(lesson).toMatchObject({ type: 'CSI', states: ['0', '15'] })
    const [header = '', ...rows] = lines.map((line) => line.split(','))
    expect(header).toHaveLength(107)
    expect([header[0], header[1], header[53], header[54], header[106]]).toEqual([
      ...['Label', 'CH6_mag', 'CH58_mag', 'CH6_phase', 'CH58_phase'],
    ])
    expect(rows.map(([label]) => label)).toEqual(['0', '0', '15', '15', '15'])
    const carriers = Array.from({ length: 53 }, (_, i) => i)
    const packet = (angle: number, point: number) =>
      [1000, 0].flatMap((part) => carriers.map((carrier) => part + angle * 100 + carrier + point / 10))
    expect(rows[0]?.slice(1).map(Number)).toEqual(packet(0, 0))
    expect(rows[4]?.slice(1).map(Number)).toEqual(packet(1, 2))
  })

  test('of a camera leaves no file', async () => {
    const { lesson, left } = await read('{"TYPE":"CAMERA","DATA":"pi/door"}')
    expect(lesson).toEqual({ type: 'CAMERA', camera: 'pi/door' })
    expect(left).toEqual([])
  })

  test.each([
    ['{"TYPE":"RSSI","DATA":[[1,2],[NaN,3]]}', 400, 'Error, not valid JSON', []],
    [
      '{"TYPE":"RSSI","DATA":[[1,2],[1e999,3]]}',
      402,
      'Error, no data provided',
      ['DATA[1][0] is no number, or too large for a measurement'],
    ],
    [
      '{"TYPE":"RSSI","DATA":[[1,2],[3,[4]]]}',
      402,
      'Error, no data provided',
      ['DATA[1][1] is no number, or too large for a measurement'],
    ],
    ['{"TYPE":"RSSI","DATA":{"0":[1,2]}}', 402, 'Error, no data provided', ['DATA is no list, or an empty one']],
    [
      JSON.stringify({ TYPE: 'CSI', DATA: [csi([2, 3])[0], csi([2, 4])[1]] }),
      402,
      'Error, no data provided',
      ['angle 1 has 3 points of phase and 4 of amplitude'],
    ],
    ['{"TYPE":"RSSI","DATA":[[1,2],[3]]}', 400, 'Error, angle 15 has 1 point, at least 2 are needed', []],
    [
      `{"TYPE":"RSSI","DATA":${'['.repeat(1e6)}`,
      400,
      'JSON may have at most 64 objects and lists within each other',
      [],
    ],
  ] as const)(
    '%.40s leaves nothing, and the log says why where the text does not',
    async (body, status, message, why) => {
      expect(await read(body)).toMatchObject({ error: { status, message }, why, left: [] })
    },
  )

  test('of as many angles as a sensor has states is read, and of more refused at once', async () => {
    const rssi = (angles: number) => JSON.stringify({ TYPE: 'RSSI', DATA: Array(angles).fill([1, 2]) })
    expect((await read(rssi(32))).lesson).toMatchObject({ states: expect.objectContaining({ length: 32 }) })
    expect((await read(rssi(33))).error).toEqual({ status: 400, message: 'Error, DATA has 33 angles: at most 32' })
  })

  test('that comes in slowly holds up no other address', async () => {
    const { lessons } = await open()
    const slow = new Readable({ read() {} })
    slow.push('{"TYPE":')
    const first = lessons.take(slow, SENT, async () => {})
    const body = () => Readable.from([Buffer.from('{"TYPE":"CAMERA","DATA":"pi/door"}')])
    await expect(lessons.take(body(), SENT, async () => {})).rejects.toMatchObject({ status: 503, code: 'busy' })
    await lessons.take(body(), { ...SENT, address: '127.0.0.2' }, async () => {})
    slow.push('"CAMERA","DATA":"pi/door"}')
    slow.push(null)
    await first
    await lessons.take(body(), SENT, async () => {})
  })

  test('whose training cannot begin leaves nothing', async () => {
    const { lessons, left } = await open()
    const refuse = () => Promise.reject(new Error('queue full'))
    const body = Readable.from([Buffer.from('{"TYPE":"RSSI","DATA":[[1,2],[3,4]]}')])
    await expect(lessons.take(body, SENT, refuse)).rejects.toThrow('queue full')
    expect(await left()).toEqual([])
  })
})

test('what an earlier run left goes, but for what a job is still to read', async () => {
  const folder = await temporaryFolder(onTestFinished)
  for (const name of ['a.csv', 'b.csv', 'c.body']) await writeFile(join(folder, name), '')
  await mkdir(join(folder, 'd'))
  const lessons = new Lessons({
    ...{ folder, events: new Events(), log: quiet },
    room: async () => 1e12,
    needed: async () => ['b.csv'],
  })
  await lessons.start()
  onTestFinished(() => lessons.close())
  expect(await readdir(folder)).toEqual(['b.csv'])
})

test('a disk without room is said so, and nothing is written', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const lessons = new Lessons({
    ...{ folder, events: new Events(), log: quiet },
    room: async () => 0,
    needed: async () => [],
  })
  await lessons.start()
  onTestFinished(() => lessons.close())
  const taken = lessons.take(Readable.from(['{}']), SENT, async () => {})
  await expect(taken).rejects.toMatchObject({
    status: 507,
    message: expect.stringMatching(/^Error, the disk has no room/),
  })
})

describe('over HTTP', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await RunningServer.start(afterFile, { AJAR_LEGACY_OPEN: '1' })
  })
  const left = () => readdir(join(server.dataDir, 'datasets'))

  /** Sends chunks as fast as they are taken, until the answer comes. @returns it, and how many bytes were sent by then */
  async function stream(chunks: Iterable<Buffer>, headers: Record<string, string> = {}) {
    const call = request(`${server.url}/training/post/train`, { method: 'POST', headers })
    const { promise: answered, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
    call.once('response', async (answer) => resolve({ status: answer.statusCode ?? 0, text: await readText(answer) }))
    call.once('error', reject)
    let sent = 0
    let isAnswered = false
    void answered.then(
      () => {
        isAnswered = true
      },
      () => {
        isAnswered = true
      },
    )
    for (const chunk of chunks) {
      if (isAnswered) break
      sent += chunk.length
      if (!call.write(chunk)) await Promise.race([new Promise((drained) => call.once('drain', drained)), answered])
    }
    if (!isAnswered) call.end()
    const answer = await answered
    call.destroy()
    return { ...answer, sent }
  }

  function* flood(bytes: number, piece: string, head = '{"TYPE":"RSSI","DATA":[['): Generator<Buffer> {
    yield Buffer.from(head)
    const chunk = Buffer.from(piece.repeat(Math.ceil(MIB / piece.length)))
    for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk
  }

  test('100 MB in chunks are stopped at the limit, and others are answered meanwhile', {
    timeout: 60_000,
  }, async () => {
    let others = 0
    let isOver = false
    const asking = (async () => {
      while (!isOver) {
        expect((await server.call('GET', '/debug/get/exists', undefined, null)).body).toBe('Success')
        others += 1
      }
    })()
    const { status, text, sent } = await stream(flood(100e6, '-40.5,'))
    isOver = true
    await asking
    expect({ status, text }).toEqual({
      status: 413,
      text: 'Error, the body may have 48 MiB: send fewer points of each angle',
    })
    expect(sent).toBeLessThan(100e6)
    expect(others).toBeGreaterThan(0)
    expect(await left()).toEqual([])
  })

  test('more than the limit is refused before it comes where it is announced', async () => {
    const { status, text } = await stream([Buffer.from('{')], { 'content-length': String(100e6) })
    expect({ status, text: text.slice(0, 30) }).toEqual({ status: 413, text: 'Error, the body may have 48 Mi' })
  })

  test.each([
    ['empty lists', '[],', '{"TYPE":"CSI","DATA":['],
    ['numbers', '1,', '{"TYPE":"RSSI","DATA":[['],
  ])('47 MiB of %s are too many points, said before they are made', { timeout: 60_000 }, async (_, piece, head) => {
    const { status, text } = await stream(flood(46 * MIB, piece, head))
    expect({ status, text }).toEqual({
      status: 413,
      text: 'Error, DATA has too many points: at most 20000 of all angles together, send fewer of each',
    })
    expect(await left()).toEqual([])
  })

  test('four come in at once, one of each address; the next is told to come again', async () => {
    const sockets = Array.from({ length: 4 }, (_, i) => {
      const socket = connect({ port: server.app.listening.http, host: '127.0.0.1', localAddress: `127.0.0.${20 + i}` })
      socket.on('error', () => {})
      socket.write('POST /training/post/train HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n{"TYPE":')
      return socket
    })
    await until(async () => (await left()).length === 4)
    const response = await fetch(`${server.url}/training/post/train`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.text()).toMatch(/^Error, 4 sets of data come in already/)
    // Cut off in the middle, they leave nothing.
    for (const socket of sockets) socket.destroy()
    await until(async () => (await left()).length === 0)
    const again = await fetch(`${server.url}/training/post/train`, { method: 'POST', body: '{}' })
    expect(await again.text()).toBe('Error, no type provided')
  })
})
