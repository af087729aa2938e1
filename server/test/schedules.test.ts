import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { CAMERA, jobEnded, label } from './lesson.ts'
import { RunningServer, until } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('PATCH', '/api/cameras/pi/cam', {})
})

const daily = { kind: 'training', camera: 'pi/cam', cron: '30 3 * * *', timezone: 'Europe/Berlin' }
const make = (more: object = {}) => server.call('POST', '/api/schedules', { ...daily, ...more })

test('a schedule is made, shown, changed, paused and deleted', async () => {
  const { status, body } = await make({ params: { seed: 3 }, cron: ' 30  3 * * * ' })
  expect(status).toBe(201)
  expect(body).toEqual({
    ...{
      ...daily,
      id: expect.any(String),
      params: { seed: 3 },
      paused: false,
      owner: expect.any(String),
      lastJob: null,
    },
    createdAt: expect.any(String),
    nextAt: expect.stringMatching(/T0[12]:30:00\.000Z$/),
  })
  const path = `/api/schedules/${body.id}`
  expect((await server.call('GET', path)).body).toEqual(body)
  expect((await server.call('GET', '/api/schedules?camera=pi/cam')).body).toEqual({ items: [body], next: null })
  expect((await server.call('GET', '/api/schedules?camera=pi/other')).body.items).toEqual([])
  const utc = (await server.call('PATCH', path, { timezone: 'UTC', params: {} })).body
  expect(utc).toMatchObject({ timezone: 'UTC', params: {}, nextAt: expect.stringMatching(/T03:30:00\.000Z$/) })
  expect((await server.call('PATCH', path, { paused: true })).body).toEqual({ ...utc, paused: true, nextAt: null })
  expect((await server.call('PATCH', path, { paused: false })).body).toEqual(utc)
  expect((await server.call('DELETE', path)).status).toBe(204)
  for (const method of ['GET', 'DELETE'])
    expect(await server.call(method, path)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
  expect((await server.call('PATCH', path, { paused: true })).status).toBe(404)
})

test.each<[string, object, number, string, string | undefined]>([
  ['no such kind', { kind: 'dreaming' }, 400, 'unknown_kind', 'kind'],
  ['a kind that is done once', { kind: 'deletion' }, 400, 'not_schedulable', 'kind'],
  ['no such camera', { camera: 'pi/nobody' }, 404, 'not_found', undefined],
  ['params of another type', { params: { seed: 'three' } }, 400, 'bad_params', 'params.seed'],
  ['params nobody knows', { params: { force: true } }, 400, 'bad_params', 'params.force'],
  ['no cron', { cron: 'now and then' }, 400, 'bad_cron', 'cron'],
  ['a minute that is none', { cron: '61 * * * *' }, 400, 'bad_cron', 'cron'],
  ['a nickname', { cron: '@daily' }, 400, 'bad_cron', 'cron'],
  ['one time', { cron: '2030-01-01T00:00:00Z' }, 400, 'bad_cron', 'cron'],
  ['seven fields', { cron: '0 0 3 * * * 2030' }, 400, 'bad_cron', 'cron'],
  ['every second', { cron: '* * * * * *' }, 400, 'too_often', 'cron'],
  ['twice in a rare minute', { cron: '0,59 0 0 1 1 *' }, 400, 'too_often', 'cron'],
  ['a day that never comes', { cron: '0 0 30 2 *' }, 400, 'never', 'cron'],
  ['a timezone on Mars', { timezone: 'Mars/Olympus' }, 400, 'bad_timezone', 'timezone'],
  ['an offset', { timezone: '+01:00' }, 400, 'bad_timezone', 'timezone'],
  ['a field nobody knows', { every: 'day' }, 400, 'bad_request', 'every'],
  ['an endless cron', { cron: `${'1,'.repeat(200)}1 * * * *` }, 400, 'bad_request', 'cron'],
])('%s is refused', async (_, more, status, code, field) => {
  const answer = await make(more)
  expect({ status: answer.status, ...answer.body.error }).toMatchObject({ status, code, ...(field ? { field } : {}) })
  expect((await server.call('GET', '/api/schedules')).body.items).toEqual([])
})

test('once a minute is not too often, with seconds or without', async () => {
  for (const cron of ['* * * * *', '30 * * * * *']) {
    const { status, body } = await make({ cron })
    expect(status).toBe(201)
    expect(await server.call('PATCH', `/api/schedules/${body.id}`, { cron: '*/5 * * * * *' })).toMatchObject({
      status: 400,
      body: { error: { code: 'too_often' } },
    })
    await server.call('DELETE', `/api/schedules/${body.id}`)
  }
})

test('no more than two hundred', { timeout: 60_000 }, async () => {
  const made = []
  for (let i = 0; i < 200; i++) made.push((await make()).body.id)
  expect(await make()).toMatchObject({ status: 409, body: { error: { code: 'too_many_schedules' } } })
  for (const id of made) await server.call('DELETE', `/api/schedules/${id}`)
})

test('a camera takes its schedules along when it is renamed, and when it is deleted', async () => {
  const { id } = (await make()).body
  expect((await server.call('POST', '/api/cameras/pi/cam/rename', { to: 'pi/lens' })).status).toBe(200)
  expect((await server.call('GET', `/api/schedules/${id}`)).body.camera).toBe('pi/lens')
  const job = (await server.call('DELETE', '/api/cameras/pi/lens')).body
  expect(job.owner).toEqual(expect.any(String))
  await jobEnded(server, job.id)
  expect((await server.call('GET', '/api/schedules')).body.items).toEqual([])
})

test('jobs are found by camera, kind and state, page by page, with what they said', { timeout: 60_000 }, async () => {
  await label(server, 4)
  const { body: planned } = await server.call('POST', '/api/training', {
    camera: CAMERA,
    startAt: new Date(Date.now() + 3_600_000).toISOString(),
  })
  expect(planned).toMatchObject({ state: 'queued', attempt: 0, schedule: null, runAt: expect.any(String) })
  for (let i = 0; i < 4; i++) {
    const { body } = await server.call('DELETE', `/api/cameras/${CAMERA}/frames?from=0&to=${i + 1}`)
    expect(await jobEnded(server, body.id)).toMatchObject({ state: 'done', attempt: 1 })
    const { items } = (await server.call('GET', `/api/jobs/${body.id}/log`)).body
    expect(items.map(({ seq, level, text }: Record<string, unknown>) => [seq, level, text])).toEqual([
      [1, 'info', 'began'],
      [2, 'info', 'done'],
    ])
    expect((await server.call('GET', `/api/jobs/${body.id}/log?after=1`)).body.items).toEqual([items[1]])
  }
  const list = async (query: string) => (await server.call('GET', `/api/jobs?${query}`)).body
  const all = (await list('')).items.map(({ id }: { id: string }) => id)
  const paged: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { items, next }: { items: { id: string }[]; next: string | null } = await list(
      `limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    paged.push(...items.map(({ id }) => id))
    cursor = next
    if (paged.length === 2) await server.call('PATCH', '/api/cameras/pi/new', {})
  }
  expect(paged).toEqual(all)
  const count = async (query: string) => (await list(query)).items.length
  expect(await count(`camera=${CAMERA}&kind=purge`)).toBe(4)
  expect(await count(`camera=${CAMERA}&state=queued,running`)).toBe(1)
  expect(await count(`camera=${CAMERA}&state=done&kind=training`)).toBe(0)
  expect(await count('camera=pi/nobody')).toBe(0)
  for (const query of ['state=asleep', 'state=done,', 'cursor=nowhere', 'limit=0', 'colour=red'])
    expect(await server.call('GET', `/api/jobs?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request' } },
    })
  for (const path of ['/api/jobs/nothing', '/api/jobs/nothing/log'])
    expect((await server.call('GET', path)).status).toBe(404)
  await server.call('DELETE', `/api/jobs/${planned.id}`)
  await until(async () => (await count('state=queued,running')) === 0)
})

test.each([
  ['2001-01-01T00:00:00Z', 'start_in_past'],
  ['2999-01-01T00:00:00Z', 'start_too_late'],
  ['2030-12-31T23:59:60Z', 'bad_time'],
  ['tomorrow', 'bad_request'],
])('a training cannot start at %s', async (startAt, code) => {
  const answer = await server.call('POST', '/api/training', { camera: CAMERA, startAt })
  expect(answer).toMatchObject({ status: 400, body: { error: { code, field: 'startAt' } } })
})
