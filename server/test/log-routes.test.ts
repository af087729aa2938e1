import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { EventStream } from './event-stream.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'

/** The log over HTTP: what was logged, reading along, and how much is logged. */

interface Line {
  id: number
  level: string
  component: string
  message: string
  frame: string | null
  camera: string | null
  job: string | null
  fields: Record<string, unknown>
}

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const patch = (change: object) => server.call('PATCH', '/api/logging', change)
const lines = async (query: string): Promise<Line[]> => (await server.call('GET', `/api/logs?${query}`)).body.items
/** Logs a line whose text is known. */
const say = async (word: string) => {
  expect((await server.call('GET', `/api/cameras?${word}`)).status).toBeLessThan(500)
  expect((await server.call('GET', `/api/${word}`)).status).toBe(404)
}
const follow = (query = '', lastEventId?: number) =>
  EventStream.open(onTestFinished, server.url, {
    token: ADMIN_TOKEN,
    path: `/api/logs?follow=true${query}`,
    ...(lastEventId === undefined ? {} : { lastEventId }),
  })

describe('levels', () => {
  test('one component says more, the others do not; null takes it back', async () => {
    const { status, body } = await patch({ components: { http: 'debug' } })
    expect(status).toBe(200)
    expect(body).toMatchObject({ level: 'info', components: { http: 'debug', ingest: null } })
    await say('one')
    await server.send('pi/cam', await plainJpeg(1))
    expect(await lines('text=/api/one')).toMatchObject([
      { component: 'http', message: 'request answered', fields: { method: 'GET', path: '/api/one', status: 404 } },
    ])
    expect(await lines('component=ingest')).toEqual([])
    await patch({ components: { http: null } })
    await say('two')
    expect(await lines('text=/api/two')).toEqual([])
    expect((await server.call('GET', '/api/logging')).body.components.http).toBeNull()
    expect(await lines('component=logging')).toMatchObject([{}, { fields: { components: { http: 'debug' } } }])
  })

  test('who turns the log down is in it, with the level it has', async () => {
    await patch({ level: 'silent' })
    await patch({ level: 'info' })
    const [up, down] = await lines('component=logging&limit=2')
    expect(up).toMatchObject({ level: 'warn', fields: { generalLevel: 'info' } })
    expect(down).toMatchObject({ level: 'warn', fields: { generalLevel: 'silent' } })
  })

  test.each([
    [{ components: { htpp: 'debug' } }, 'unknown_component', 'components.htpp'],
    [{ level: 'loud' }, 'bad_request', 'level'],
    [{ components: { http: 'loud' } }, 'bad_request', 'components.http'],
    [{ levels: 'debug' }, 'bad_request', 'levels'],
    [{ file: { enabled: 'yes' } }, 'bad_request', 'file.enabled'],
    [{ file: { enabled: true, path: '/etc/passwd' } }, 'bad_request', 'file.path'],
  ])('%j is refused, and changes nothing', async (change, code, field) => {
    const { status, body } = await patch({ ...change })
    expect({ status, ...body.error }).toMatchObject({ status: 400, code, field })
    expect((await server.call('GET', '/api/logging')).body).toMatchObject({ level: 'info', components: { http: null } })
  })
})

test('a frame is followed through its journey by its id', async () => {
  await patch({ level: 'debug' })
  const frame = await server.send('pi/door', await plainJpeg(2))
  await server.ended(frame)
  const said = await until(async () => {
    const found = await lines(`frame=${frame}`)
    return found.some(({ message }) => message === 'frame recorded') && found
  })
  await patch({ level: 'info' })
  expect(said.map(({ component, message }) => `${component}: ${message}`).reverse()).toEqual(
    expect.arrayContaining(['ingest: frame stored', 'classify: frame no_model', 'record: frame recorded']),
  )
  expect(said.every((line) => line.frame === frame && line.camera === 'pi/door')).toBe(true)
  expect((await lines('camera=pi/door')).length).toBeGreaterThanOrEqual(said.length)
})

test('a job is followed by its id', async () => {
  await server.send('pi/gone', await plainJpeg(3))
  expect((await server.call('DELETE', '/api/cameras/pi/gone')).status).toBeLessThan(300)
  const [done] = await until(async () => {
    const found = await lines('component=jobs&text=deletion done')
    return found.length > 0 && found
  })
  const said = await lines(`job=${done?.job}`)
  expect(said.map(({ message }) => message)).toEqual(['deletion done', 'deletion running', 'camera deleted'])
})

test('lists are filtered, and read on page by page', async () => {
  await patch({ components: { http: 'debug' } })
  onTestFinished(async () => void (await patch({ components: { http: null } })))
  const from = Date.now()
  for (const word of ['Page-1', 'page-2', 'page-3']) await say(word)
  const found = (await server.call('GET', '/api/logs?text=PAGE-&limit=2')).body
  expect(found.items.map(({ fields }: Line) => fields.path)).toEqual(['/api/page-3', '/api/page-2'])
  const rest = (await server.call('GET', `/api/logs?text=page-&limit=2&cursor=${found.next}`)).body
  expect(rest.items[0].fields.path).toBe('/api/Page-1')
  expect(await lines(`text=page-&to=${from}`)).toEqual([])
  expect(await lines('text=page-&level=warn')).toEqual([])
  expect(await lines('text=page-&component=ingest')).toEqual([])
  for (const wrong of ['component=htpp', 'level=loud', 'limit=0', 'levl=info'])
    expect((await server.call('GET', `/api/logs?${wrong}`)).status).toBe(400)
})

describe('reading along', () => {
  test('the past first, then what comes, as the filter says; who comes back reads on', async () => {
    await patch({ components: { http: 'debug' } })
    onTestFinished(async () => void (await patch({ components: { http: null } })))
    await say('past-1')
    const stream = await follow('&text=past-&component=http')
    await say('other')
    await say('past-2')
    const paths = (of: EventStream) => of.events.map(({ data }) => data.fields?.path)
    await until(() => stream.events.length === 2)
    expect(paths(stream)).toEqual(['/api/past-1', '/api/past-2'])
    stream.close()
    await say('past-3')
    const back = await follow('&text=past-', stream.events[0]?.id)
    await until(() => back.events.length === 2)
    expect(paths(back)).toEqual(['/api/past-2', '/api/past-3'])
  })

  test('with limit=1 nearly none of the past; what is gone is a gap', async () => {
    const stream = await follow('&limit=1')
    await until(() => stream.events.length === 1)
    const lost = await follow('&limit=1', 17)
    await until(() => lost.events.length > 0)
    expect(lost.events[0]).toMatchObject({ event: 'gap', data: { lines: null } })
    // Of a run before, whose clock went ahead.
    const ahead = await follow('&limit=1', 2 * (stream.events[0]?.id ?? 0))
    await until(() => ahead.events.length > 1)
    expect(ahead.events[0]).toMatchObject({ event: 'gap', data: { lines: null } })
    expect(ahead.events[1]).toMatchObject({ event: 'line' })
  })

  test('at most five with one token, and none with a token that was taken back', async () => {
    const { id, token } = (await server.call('POST', '/api/tokens', { name: 'reader', role: 'operator' })).body
    const open = () => EventStream.open(onTestFinished, server.url, { token, path: '/api/logs?follow=true' })
    const streams: EventStream[] = []
    const refused = await until(async () => {
      try {
        streams.push(await open())
      } catch (error) {
        return error as Error
      }
    })
    expect(refused.message).toBe('429')
    expect(streams).toHaveLength(5)
    await server.call('DELETE', `/api/tokens/${id}`)
    await Promise.all(streams.map(({ ended }) => ended))
    await follow()
  })
})

test('the file is switched on and off', async () => {
  const on = await patch({ file: { enabled: true } })
  expect(on.body.file).toMatchObject({ enabled: true, path: `${server.dataDir}/logs/ajar.log`, droppedLines: 0 })
  await until(async () => (await server.call('GET', '/api/logging')).body.file.bytes > 0)
  const { checks } = (await server.call('GET', '/api/health/ready')).body
  expect(checks).toContainEqual({ name: 'log', level: 'ok', text: 'works' })
  const off = await patch({ file: { enabled: false } })
  expect(off.body.file).toMatchObject({ enabled: false })
})
