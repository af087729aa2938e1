import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { setUp, teachSums } from './some-vectors.ts'

/** What can be asked of readings of sensors that are set up: lists, labels, exports, and what is left when they go. */

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const NOW = Date.now() - 1_000_000
const VIEW = {
  parts: [
    { name: 'amplitude', length: 2, kind: 'value' as const },
    { name: 'phase', length: 1, kind: 'phase' as const },
  ],
  window: 1,
}
const ONE_PART = { parts: [{ name: 'value', length: 3, kind: 'value' as const }], window: 1 }

const get = async (path: string) => (await server.call('GET', path)).body
const codeOf = async (method: string, path: string, body?: object) => {
  const answer = await server.call(method, path, body)
  return [answer.status, answer.body?.error?.code ?? null]
}

/** Resolves when their journeys have ended. */
async function read(sensor: string, values: unknown[], from = NOW) {
  for (const [i, value] of values.entries()) {
    const { status, body } = await server.call('POST', `/api/sensors/${sensor}/readings?at=${from + i}`, { value })
    if (status !== 201) throw new Error(JSON.stringify(body))
  }
  await until(async () => {
    const { outcome } = await get(`/api/readings/${sensor}/${from + values.length - 1}/journey`)
    return outcome && outcome !== 'pending'
  })
}

/** A sensor with a model, and two readings that it takes for open and one for closed. */
async function taught(sensor: string) {
  await setUp(server, sensor, { vector: ONE_PART })
  await teachSums(server.url, sensor, ONE_PART)
  await read(sensor, [
    [5, 1, 1],
    [-5, 0, 0.25],
    [6, 1, 1],
  ])
}

describe('readings of a sensor that is set up', () => {
  const sensor = 'list/radio'
  const list = (query = '') => get(`/api/sensors/${sensor}/readings${query}`)
  beforeAll(async () => taught(sensor))

  test('are listed as frames are, each with its value', async () => {
    const { items, next } = await list()
    expect(next).toBe(null)
    expect(items.map(({ value }: { value: number[] }) => value)).toEqual([
      [6, 1, 1],
      [-5, 0, 0.25],
      [5, 1, 1],
    ])
    expect(items[1]).toMatchObject({
      ...{ id: `${sensor}/${NOW + 1}`, camera: sensor, capturedAt: new Date(NOW + 1).toISOString(), pruned: false },
      ...{ outcome: 'classified', code: null, label: null, why: null, size: '[-5,0,0.25]'.length },
      result: { state: 'closed', model: `${sensor}@1`, details: { estimators: { value: { state: 'closed' } } } },
    })
    const { why: _, ...one } = items[1]
    expect(await get(`/api/readings/${sensor}/${NOW + 1}`)).toEqual(one)
  })

  test('page by page, by state, by time, and in other orders', async () => {
    const times = async (query: string) =>
      (await list(query)).items.map(({ id }: { id: string }) => Number(id.split('/')[2]) - NOW)
    const first = await list('?limit=2')
    expect(first.next).toBe(String(NOW))
    expect(await times(`?limit=2&cursor=${first.next}`)).toEqual([0])
    expect(await times('?state=open')).toEqual([2, 0])
    expect(await times(`?from=${NOW + 1}&to=${NOW + 2}`)).toEqual([1])
    expect((await times('?order=uncertain')).length).toBe(3)
    expect((await times('?order=useful')).length).toBe(3)
  })

  test('are labelled, and found by their label', async () => {
    const path = `/api/readings/${sensor}/${NOW + 1}/label`
    expect(await server.call('PUT', path, { state: 'closed' })).toMatchObject({
      status: 200,
      body: { frame: `${sensor}/${NOW + 1}`, state: 'closed' },
    })
    expect((await list('?label=closed')).items).toMatchObject([{ id: `${sensor}/${NOW + 1}`, label: 'closed' }])
    expect((await list('?label=none')).items.length).toBe(2)
    expect(await get(`/api/labels?camera=${sensor}`)).toMatchObject({ counts: { closed: 1 } })
    expect(await codeOf('PUT', path, { state: 'ajar' })).toEqual([400, 'unknown_state'])
    expect(await codeOf('PUT', `/api/readings/${sensor}/1/label`, { state: 'closed' })).toEqual([404, 'not_found'])
    expect(await codeOf('PUT', `/api/frames/${sensor}/${NOW}/label`, { state: 'open' })).toEqual([404, 'other_kind'])
    expect((await server.call('DELETE', path)).status).toBe(204)
    expect(await codeOf('DELETE', path)).toEqual([404, 'not_found'])
    const many = { labels: [0, 2].map((at) => ({ frame: `${sensor}/${NOW + at}`, state: 'open' })) }
    expect((await server.call('POST', '/api/labels', many)).body).toEqual({ labelled: 2 })
    expect((await list('?label=open')).items.length).toBe(2)
  })

  test('are no frames: neither one of them nor its picture', async () => {
    expect(await codeOf('GET', `/api/frames/${sensor}/${NOW}`)).toEqual([404, 'other_kind'])
    expect(await codeOf('GET', `/api/frames/${sensor}/${NOW}/image`)).toEqual([404, 'other_kind'])
  })

  test('are not as long as others where some are labelled: the length stays', async () => {
    const vector = { ...ONE_PART, parts: [{ ...ONE_PART.parts[0], length: 4 }] }
    expect(await codeOf('PATCH', `/api/sensors/${sensor}`, { vector })).toEqual([400, 'wrong_length'])
    expect(await codeOf('PATCH', `/api/sensors/${sensor}`, { vector: null })).toEqual([409, 'length_in_use'])
    expect(await codeOf('PATCH', `/api/sensors/${sensor}`, { vector: { ...ONE_PART, window: 4 } })).toEqual([200, null])
  })

  test('are asked about without being stored', async () => {
    const ask = (readings: unknown) => server.call('POST', `/api/sensors/${sensor}/classify`, { readings } as object)
    expect((await ask([[-9, 0, 0]])).body).toMatchObject({
      ...{ state: 'closed', model: `${sensor}@1`, reason: null },
      details: { estimators: { value: { state: 'closed' } } },
    })
    expect((await ask([])).status).toBe(400)
    expect((await ask([[1, 2]])).body.error).toMatchObject({ code: 'wrong_length', field: 'readings' })
    expect((await ask([['a', 2, 3]])).status).toBe(400)
    expect((await list()).items.length).toBe(3)
  })
})

test('a sensor keeps what it read before it was set up, and all of it is told in one list', async () => {
  const sensor = 'mixed/level'
  await read(sensor, [1, 2])
  await read('mixed/note', ['ajar'], NOW + 1)
  expect(
    (await server.call('PATCH', `/api/sensors/${sensor}`, { states: ['low', 'high'] })).body.source.vector,
  ).toEqual({
    parts: [{ name: 'value', length: 1, kind: 'value' }],
    window: 1,
  })
  await read(sensor, [3.5], NOW + 2)
  const said = ({ items }: { items: { sensor: string; value: unknown }[] }) =>
    items.map((one) => [one.sensor, one.value])
  const all = [
    ['level', 1],
    ['level', 2],
    ['note', 'ajar'],
    ['level', 3.5],
  ]
  expect(said(await get('/api/readings?device=mixed'))).toEqual(all)
  expect(said(await get('/api/readings?device=mixed&order=newest'))).toEqual(all.toReversed())
  const pages = []
  for (let cursor = ''; cursor !== 'null'; ) {
    const page = await get(`/api/readings?device=mixed&limit=1${cursor && `&cursor=${cursor}`}`)
    pages.push(...said(page))
    cursor = String(page.next)
  }
  expect(pages).toEqual(all)
  expect(said(await get('/api/readings?device=mixed&sensor=level'))).toEqual(all.filter(([name]) => name === 'level'))
  expect(await get('/api/readings?device=mixed&sensor=level&format=csv')).toBe(
    [
      'at,device,sensor,value',
      ...[1, 2, 3.5].map((value, i) => `${new Date(NOW + i).toISOString()},mixed,level,${value}`),
      '',
    ].join('\r\n'),
  )
  expect(said(await get(`/api/readings/at?device=mixed&at=${NOW + 1}`))).toEqual([
    ['level', 2],
    ['note', 'ajar'],
  ])
  expect(said(await get(`/api/readings/at?device=mixed&at=${NOW + 9}`))).toEqual([
    ['level', 3.5],
    ['note', 'ajar'],
  ])
  expect(await get(`/api/readings/${sensor}/${NOW}`)).toMatchObject({ value: 1, outcome: null, label: null })
  expect(await get(`/api/readings/${sensor}/${NOW + 2}`)).toMatchObject({ value: 3.5, outcome: 'classified' })
  expect((await get(`/api/sensors/${sensor}/readings`)).items).toMatchObject([{ value: 3.5 }])
})

test('a sensor that reads texts cannot be set up', async () => {
  await read('mixed/words', ['open'])
  expect(await codeOf('PATCH', '/api/sensors/mixed/words', { states: ['a', 'b'] })).toEqual([400, 'not_a_vector'])
})

test('of long lists a page holds fewer than were asked for, and all come', async () => {
  const sensor = 'long/list'
  const length = 4096
  await setUp(server, sensor, {})
  await read(
    sensor,
    Array.from({ length: 60 }, (_, i) => Array.from({ length }, (_, j) => i + Math.sin(j) / 3)),
  )
  const values: number[] = []
  let pages = 0
  for (let cursor: string | null = ''; cursor !== null; pages++) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page = await get(`/api/sensors/${sensor}/readings?limit=1000${query}`)
    values.push(...page.items.map(({ value }: { value: number[] }) => value[0]))
    cursor = page.next
  }
  expect(values).toEqual(Array.from({ length: 60 }, (_, i) => 59 - i))
  expect(pages).toBeGreaterThan(1)
})

test('labelled readings are exported as a CSV that another sensor imports: the same readings, labels and view', async () => {
  const sensor = 'export/radio'
  await setUp(server, sensor, { vector: VIEW })
  await read(sensor, [
    [1.5, -2, 3],
    [1e-7, 0, 0.1],
    [7, 8, 9],
    [4, 5, 6],
  ])
  const say = (at: number, state: string) => server.call('PUT', `/api/readings/${sensor}/${NOW + at}/label`, { state })
  for (const [at, state] of [
    [0, 'open'],
    [1, 'closed'],
    [3, 'ignore'],
  ] as const)
    await say(at, state)
  const lines = (rows: string[]) => ['Label,at,1_mag,2_mag,1_phase', ...rows, ''].join('\r\n')
  const at = (ms: number) => new Date(NOW + ms).toISOString()
  const open = `open,${at(0)},1.5,-2,3`
  const closed = `closed,${at(1)},1e-7,0,0.1`
  const csv = await get(`/api/sensors/${sensor}/export`)
  expect(csv).toBe(lines([open, closed, `ignore,${at(3)},4,5,6`]))
  expect(await get(`/api/sensors/${sensor}/export?marks=false`)).toBe(lines([open, closed]))
  const other = 'export/copy'
  await server.call('PATCH', `/api/sensors/${other}`, {})
  const response = await fetch(`${server.url}/api/sensors/${other}/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/csv' },
    body: csv,
  })
  expect(response.status).toBe(202)
  const { id } = (await response.json()) as { id: string }
  const job = await until(async () => {
    const body = await get(`/api/jobs/${id}`)
    return ['done', 'failed'].includes(body.state) && body
  })
  expect(job).toMatchObject({ state: 'done', result: { imported: 3, labelled: 3 } })
  expect((await get(`/api/sensors/${other}`)).source.vector).toEqual(VIEW)
  expect(await get(`/api/sensors/${other}/export`)).toBe(csv)
})

test('a sensor that is set up goes with its readings, labels, results and models, and may come again', async () => {
  const sensor = 'gone/radio'
  await read(sensor, [[1, 2, 3]], NOW - 10)
  await taught(sensor)
  await server.call('PUT', `/api/readings/${sensor}/${NOW}/label`, { state: 'open' })
  await server.call('POST', '/api/doors', { name: 'porch', members: [{ source: sensor }] })
  expect((await server.call('DELETE', `/api/sensors/${sensor}`)).status).toBe(204)
  expect(await codeOf('GET', `/api/sensors/${sensor}`)).toEqual([404, 'not_found'])
  expect(await codeOf('GET', `/api/sensors/${sensor}/results`)).toEqual([404, 'not_found'])
  expect(await codeOf('GET', `/api/models/${sensor}@1`)).toEqual([404, 'not_found'])
  expect(await codeOf('GET', `/api/readings/${sensor}/${NOW}`)).toEqual([404, 'not_found'])
  expect((await get('/api/readings?device=gone')).items).toEqual([])
  expect(await codeOf('DELETE', `/api/sensors/${sensor}`)).toEqual([404, 'not_found'])
  await read(sensor, ['now a text'], NOW)
  expect(await get(`/api/sensors/${sensor}`)).toMatchObject({ value: 'now a text', source: null })
})

test('a sensor that was only set up is removed too', async () => {
  await setUp(server, 'gone/silent')
  expect((await server.call('DELETE', '/api/sensors/gone/silent')).status).toBe(204)
  expect((await server.call('DELETE', '/api/sensors/gone/silent')).status).toBe(404)
})

test('a camera and a sensor of one name: what is sent for the other is refused and harms nothing', async () => {
  await setUp(server, 'both/eye')
  const jpeg = await plainJpeg(0)
  const answer = await server.call('POST', '/api/cameras/both/eye/frames', jpeg)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  await server.send('both/lens', jpeg)
  expect(await codeOf('PATCH', '/api/sensors/both/lens', {})).toEqual([409, 'other_kind'])
  expect(await codeOf('POST', '/api/cameras/both/lens/rename', { to: 'both/eye' })).toEqual([409, 'other_kind'])
  const what = { from: 'both/eye', what: ['states'] }
  expect(await codeOf('POST', '/api/cameras/both/lens/copy', what)).toEqual([400, 'other_kind'])
})
