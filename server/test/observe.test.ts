import mqtt from 'mqtt'
import sharp from 'sharp'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, type Answer, RunningServer, until } from './running-server.ts'

const CAMERA = 'pi/cam'
const HOUR = 3_600_000
/** On a whole minute, so that thinning by minutes is easy to reckon. */
const FIRST = Math.floor((Date.now() - HOUR) / 60_000) * 60_000
const STEP = 10_000
const COUNT = 20

let server: RunningServer
let frames: string[]
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: ['open', 'closed'] })
  frames = []
  for (let i = 0; i < COUNT; i++) frames.push(await server.send(CAMERA, await plainJpeg(i), FIRST + i * STEP))
  for (const frame of frames) await server.ended(frame)
})

const get = (path: string) => server.call('GET', path)
const ids = ({ body }: Answer) => body.items.map((item: { id?: string; frame?: string }) => item.id ?? item.frame)
const timeOf = (frame: string) => Number(frame.split('/')[2])
const expectError = ({ status, body }: Answer, expected: number, code: string, field?: string) => {
  expect({ status, body }).toEqual({
    status: expected,
    body: { error: { code, message: expect.any(String), ...(field === undefined ? {} : { field }) } },
  })
}

describe('cameras', () => {
  test('are listed with settings and state', async () => {
    const { body } = await get('/api/cameras')
    expect(body).toEqual({ items: [(await get(`/api/cameras/${CAMERA}`)).body], next: null })
    expect(body.items[0]).toEqual({
      id: CAMERA,
      device: 'pi',
      camera: 'cam',
      states: ['open', 'closed'],
      threshold: 0.8,
      debounce: 3,
      staleAfterMs: 60_000,
      region: null,
      masks: [],
      model: null,
      createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      state: {
        state: 'unknown',
        confidence: null,
        since: FIRST,
        frame: frames.at(-1),
        model: null,
        reason: 'no_model',
      },
      lastFrame: frames.at(-1),
      aliases: [],
      borrowed: [],
    })
  })

  test('are set up, also before their first frame, and keep what is not named', async () => {
    const region = [
      { x: 0.1, y: 0.2 },
      { x: 0.6, y: 0.2 },
      { x: 0.3, y: 1 },
    ]
    const { status, body } = await server.call('PATCH', '/api/cameras/pi/new', { region, debounce: 5 })
    expect({ status, ...body }).toMatchObject({ status: 200, region, debounce: 5, threshold: 0.8 })
    expect((await server.call('PATCH', '/api/cameras/pi/new', { region: null })).body).toMatchObject({
      region: null,
      debounce: 5,
    })
  })

  test.each([
    [{ colour: 'red' }, 'bad_request', 'colour'],
    [{ states: ['open', 'unknown'] }, 'reserved', 'states'],
    [{ states: ['Open!'] }, 'bad_request', 'states.0'],
    [{ states: ['open', 'open'] }, 'bad_request', 'states'],
    [{ threshold: 1.1 }, 'bad_request', 'threshold'],
    [{ debounce: 0 }, 'bad_request', 'debounce'],
  ])('%j is refused', async (change, code, field) => {
    expectError(await server.call('PATCH', `/api/cameras/${CAMERA}`, change), 400, code, field)
  })

  test('a state that labels name stays', async () => {
    await server.call('PUT', `/api/frames/${frames[0]}/label`, { state: 'open' })
    expectError(
      await server.call('PATCH', `/api/cameras/${CAMERA}`, { states: ['shut', 'closed'] }),
      400,
      'state_in_use',
      'states',
    )
    await server.call('DELETE', `/api/frames/${frames[0]}/label`)
  })
})

describe('frames', () => {
  test('are listed newest first, page by page, each once', async () => {
    const first = await get(`/api/frames?camera=${CAMERA}&limit=8`)
    const second = await get(`/api/frames?camera=${CAMERA}&limit=8&cursor=${first.body.next}`)
    const third = await get(`/api/frames?camera=${CAMERA}&limit=8&cursor=${second.body.next}`)
    expect([...ids(first), ...ids(second), ...ids(third)]).toEqual(frames.toReversed())
    expect(third.body.next).toBeNull()
  })

  test('are chosen by time, state and label', async () => {
    const [from, to] = [FIRST + 2 * STEP, FIRST + 5 * STEP]
    expect(ids(await get(`/api/frames?camera=${CAMERA}&from=${from}&to=${to}`))).toEqual(
      frames.slice(2, 5).toReversed(),
    )
    expect(ids(await get(`/api/frames?camera=${CAMERA}&state=open`))).toEqual([])
    expect(ids(await get(`/api/frames?camera=${CAMERA}&state=unknown`))).toHaveLength(COUNT)
    await server.call('PUT', `/api/frames/${frames[3]}/label`, { state: 'open' })
    expect(ids(await get(`/api/frames?camera=${CAMERA}&label=open`))).toEqual([frames[3]])
    expect(ids(await get(`/api/frames?camera=${CAMERA}&label=none`))).toHaveLength(COUNT - 1)
    expect(ids(await get(`/api/frames?camera=${CAMERA}&order=uncertain`))).toEqual([]) // nothing has a confidence yet
  })

  test('are thinned: the newest of each span of time', async () => {
    const every = 4 * STEP
    const bucket = (frame: string) => Math.floor(Number(frame.split('/')[2]) / every)
    const newest = frames.filter((frame, i) => i + 1 === COUNT || bucket(frame) !== bucket(frames[i + 1] ?? ''))
    expect(newest.length).toBeLessThan(COUNT / 2)
    expect(ids(await get(`/api/frames?camera=${CAMERA}&every=${every}`))).toEqual(newest.toReversed())
  })

  test('are counted over a span, and how many of them are labelled', async () => {
    const [first = '', second = ''] = frames
    await server.call('PUT', `/api/frames/${second}/label`, { state: 'open' })
    const span = (from: number, to: number) => get(`/api/cameras/${CAMERA}/frames?from=${from}&to=${to}`)
    expect((await span(timeOf(first), timeOf(first) + 3 * STEP)).body).toEqual({ frames: 3, labelled: 1 })
    expect((await span(timeOf(first), timeOf(second))).body).toEqual({ frames: 1, labelled: 0 })
    expectError(await get(`/api/cameras/pi/nobody/frames?from=1&to=2`), 404, 'not_found')
    await server.call('DELETE', `/api/frames/${second}/label`)
  })

  test('are asked for each time, for they may be purged; one that is known costs no bytes', async () => {
    const [frame = ''] = frames
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const image = `${server.url}/api/frames/${frame}/image`
    const first = await fetch(image, { headers })
    await first.arrayBuffer()
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    const again = await fetch(image, { headers: { ...headers, 'if-none-match': first.headers.get('etag') ?? '' } })
    expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0])
  })

  test('one frame tells what became of it, and when', async () => {
    const { body } = await get(`/api/frames/${frames[7]}`)
    expect(body).toMatchObject({ id: frames[7], camera: CAMERA, outcome: 'classified', code: null, label: null })
    expect(body.result).toMatchObject({ state: 'unknown', reason: 'no_model', model: null, confidence: null })
    expect(body.sha256).toMatch(/^[0-9a-f]{64}$/)
    const journey = (await get(`/api/frames/${frames[7]}/journey`)).body
    const steps = ['capturedAt', 'receivedAt', 'storedAt', 'classifiedAt', 'recordedAt'].map((step) =>
      Date.parse(journey[step]),
    )
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(steps[0]).toBe(timeOf(frames[7] ?? ''))
  })

  test('the picture is the bytes that were sent, or a narrower one', async () => {
    const jpeg = await plainJpeg(99, 200, 100)
    const frame = await server.send(CAMERA, jpeg)
    const image = (query: string) =>
      fetch(`${server.url}/api/frames/${frame}/image${query}`, {
        headers: { authorization: 'Bearer the-admin-token-of-the-tests' },
      })
    const whole = await image('')
    expect(whole.headers.get('content-type')).toBe('image/jpeg')
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(jpeg)
    const size = async (query: string) =>
      (await sharp(new Uint8Array(await (await image(query)).arrayBuffer())).metadata()).width
    expect([await size('?width=50'), await size('?width=4000')]).toEqual([50, 200])
    expect((await image('?width=4')).status).toBe(400)
  })

  test('a picture that does not decode is shown as it is, and never made smaller', async () => {
    const jpeg = await plainJpeg(1, 400, 400)
    jpeg.fill(0xfe, jpeg.length / 2, jpeg.length - 2) // begins and ends as a JPEG does
    const frame = await server.send(CAMERA, jpeg)
    expect((await get(`/api/frames/${frame}/image`)).status).toBe(200)
    expectError(await get(`/api/frames/${frame}/image?width=32`), 422, 'not_decodable')
  })
})

describe('results', () => {
  test('of a span, oldest first, page by page', async () => {
    const first = await get(`/api/cameras/${CAMERA}/results?to=${FIRST + COUNT * STEP}&limit=15`)
    const rest = await get(
      `/api/cameras/${CAMERA}/results?to=${FIRST + COUNT * STEP}&limit=15&cursor=${first.body.next}`,
    )
    expect([...ids(first), ...ids(rest)]).toEqual(frames)
    expect(rest.body.next).toBeNull()
  })

  test('thinned to the first of every minute', async () => {
    const minutes = await get(`/api/cameras/${CAMERA}/results?every=60000&to=${FIRST + COUNT * STEP}`)
    expect(ids(minutes)).toEqual(frames.filter((_, i) => i % 6 === 0))
  })

  test('as CSV', async () => {
    const { body, headers } = await get(`/api/cameras/${CAMERA}/results?format=csv&from=${FIRST}&to=${FIRST + STEP}`)
    expect(headers.get('content-type')).toMatch('text/csv')
    const [head, line, end] = body.split('\r\n')
    expect(head).toBe(
      'captured_at,state,confidence,best,reason,model,latency_ms,late,probability_open,probability_closed,frame',
    )
    expect(line).toMatch(
      new RegExp(`^${new Date(FIRST).toISOString()},unknown,,,no_model,,[\\d.]+,0,,,${CAMERA}/${FIRST}$`),
    )
    expect(end).toBe('')
  })

  test('as CSV all of it comes, however long it is, each once, and thinned where that is asked for', async () => {
    const database = await openStateDatabase(server.dataDir)
    onTestFinished(() => database.close())
    await server.call('PATCH', '/api/cameras/pi/long', {})
    const row = { camera: 'pi/long', state: 'unknown', latency_ms: 0, late: 0 } as const
    // Two models for each frame, so that pages of a thousand end between them too.
    const rows = Array.from({ length: 41_999 }, (_, i) => ({ ...row, captured_at: (i + 1) >> 1, model: `m@${i % 2}` }))
    for (let i = 0; i < rows.length; i += 1000)
      await database.write
        .insertInto('results')
        .values(rows.slice(i, i + 1000))
        .execute()
    const lines = async (query: string) => {
      const { body } = await get(`/api/cameras/pi/long/results?format=csv${query}`)
      return body.trimEnd().split('\r\n').slice(1)
    }
    const keys = (all: string[]) => all.map((one) => one.split(',')).map((one) => [Date.parse(one[0] ?? ''), one[5]])
    const expected = rows
      .map(({ captured_at, model }) => [captured_at, model] as const)
      .sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1))
    expect(keys(await lines(''))).toEqual(expected)
    expect(keys(await lines('&every=10'))).toEqual(expected.filter(([at]) => at % 10 === 0))
  })

  test('transitions are an empty list where nothing has changed', async () => {
    expect((await get(`/api/cameras/${CAMERA}/transitions`)).body).toEqual({ items: [], next: null })
  })
})

test('readings of all kinds come back, page by page, also several of one instant', async () => {
  const { token } = (await server.call('POST', '/api/devices', { name: 'sensors' })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: 'sensors', password: token })
  onTestFinished(async () => void (await client.endAsync()))
  const values: [string, unknown][] = [
    ['contact', 1],
    ['note', 'ajar'],
    ['vector', [0.5, -2]],
  ]
  for (const [sensor, value] of values)
    for (const at of [FIRST + 1000, FIRST + 2000])
      await client.publishAsync(`ajar/sensors/${sensor}/reading/${at}`, JSON.stringify({ value }), { qos: 1 })
  const found: unknown[] = []
  let cursor = ''
  do {
    const { body } = await get(`/api/readings?device=sensors&limit=2${cursor}`)
    found.push(
      ...body.items.map(({ sensor, at, value }: Record<string, unknown>) => [sensor, Date.parse(String(at)), value]),
    )
    cursor = body.next === null ? '' : `&cursor=${encodeURIComponent(body.next)}`
  } while (cursor !== '')
  expect(found).toEqual(
    [FIRST + 1000, FIRST + 2000].flatMap((at) => values.map(([sensor, value]) => [sensor, at, value])),
  )
  const one = await get(`/api/readings?device=sensors&sensor=contact&from=${FIRST + 1500}&to=${FIRST + 2001}`)
  expect(one.body.items).toEqual([
    { device: 'sensors', sensor: 'contact', at: new Date(FIRST + 2000).toISOString(), value: 1 },
  ])
})

describe('the server', () => {
  test('counts for Prometheus', async () => {
    const { body, headers } = await get('/metrics')
    expect(headers.get('content-type')).toMatch('text/plain')
    expect(body).toMatch(/^ajar_camera_state\{camera="[^"]+",state="[^"]+"\} 1$/m)
    expect(body).toMatch(/^ajar_frames_ingested_total\{outcome="stored"\} \d+$/m)
    expect(body).toMatch(/^ajar_frames_recorded_total\{outcome="classified"\} \d+$/m)
    for (const name of ['ajar_pipeline_seconds_bucket', 'ajar_frames_pending', 'process_resident_memory_bytes'])
      expect(body).toContain(name)
  })

  test('counts everything that the broker counts', async () => {
    const { body } = await get('/metrics')
    const shown = [...body.matchAll(/^ajar_broker_(\w+) \d+$/gm)].map(([, name]) => name)
    expect(shown.sort()).toEqual([
      'connections',
      'dropped',
      'frames',
      'ingest_bytes',
      'ingest_publishes',
      'paused',
      'readings',
      'refused_connections',
      'refused_publishes',
      'retained',
      'take_overs',
    ])
  })

  test('says how it is', async () => {
    expect((await server.call('GET', '/api/health/live', undefined, null)).body).toEqual({ status: 'ok' })
    const ready = await until(async () => {
      const answer = await server.call('GET', '/api/health/ready', undefined, null)
      return answer.status === 200 && answer
    })
    const checks: { name: string; level: string }[] = ready.body.checks
    // A machine that is busy with other tests holds the server up, and it says so.
    const steady = checks.filter(({ name }) => name !== 'event_loop')
    expect(steady.filter(({ level }) => level !== 'ok')).toEqual([])
    const names = checks.map(({ name }) => name)
    const journey = ['frames', 'state', 'engine', 'influx', 'storage', 'state_wal', 'clock', 'listeners']
    const beside = ['http_connections', 'worker', 'processes', 'event_loop', 'alerts', 'backup', 'programs']
    expect(names).toEqual([...journey, ...beside])
  })

  test('says what is wrong only to whoever shows a token', async () => {
    const textsFor = async (token?: string | null) => {
      const { body } = await server.call('GET', '/api/health/ready', undefined, token)
      return new Set(body.checks.map(({ text }: { text: string | null }) => typeof text))
    }
    expect(await textsFor()).toEqual(new Set(['string']))
    // `null` is an object.
    expect(await textsFor(null)).toEqual(new Set(['object']))
    expect(await textsFor('not-a-token')).toEqual(new Set(['object']))
  })

  test('describes every route as OpenAPI', async () => {
    const { paths } = (await server.call('GET', '/docs/json', undefined, null)).body
    const described = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    // There are no calls at the roots of the older client's paths: what is asked below them in vain is told so.
    const isNone = /^HEAD | \/docs|\/\*$|^GET \/(api\/analysis|vis|archive|portal|thumbnails)$/
    const routes = [...server.app.http.accessOf.keys()].filter((route) => !isNone.test(route))
    expect(described.filter((route) => !route.startsWith('HEAD ')).sort()).toEqual(routes.sort())
  })

  test.each([
    ['GET', '/api/nothing', 404, 'not_found', undefined],
    ['GET', '/api/frames/pi/cam/1', 404, 'not_found', undefined],
    ['GET', '/api/cameras/pi/none', 404, 'not_found', undefined],
    ['GET', '/api/cameras/pi/Cam', 400, 'bad_request', 'camera'],
    ['GET', '/api/frames', 400, 'bad_request', 'camera'],
    ['GET', `/api/frames?camera=${CAMERA}&limit=0`, 400, 'bad_request', 'limit'],
    ['GET', '/api/frames/pi/%zz/1', 400, 'bad_request', undefined],
    ['POST', `/api/cameras/${CAMERA}/frames`, 415, 'not_jpeg', undefined],
  ])('%s %s is %i %s', async (method, path, status, code, field) => {
    expectError(await server.call(method, path), status, code, field)
  })

  test('JSON that is none, and too much of it, are the same shape of error', async () => {
    const post = async (body: string) => {
      const headers = { authorization: 'Bearer the-admin-token-of-the-tests', 'content-type': 'application/json' }
      const { status, ...response } = await fetch(`${server.url}/api/labels`, { method: 'POST', headers, body }).then(
        async (one) => ({ status: one.status, body: await one.json(), headers: one.headers }),
      )
      return { status, ...response }
    }
    expectError(await post('{"labels": '), 400, 'bad_request')
    expectError(await post(`"${'x'.repeat(2_000_000)}"`), 413, 'too_large')
  })
})
