import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { jobEnded } from './lesson.ts'
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

test('its job is asked for when its time comes, and says whose it is', async () => {
  const soon = new Date(Date.now() + 3000)
  const cron = `${soon.getUTCSeconds()} ${soon.getUTCMinutes()} ${soon.getUTCHours()} * * *`
  const { body: schedule } = await make({ cron, timezone: 'UTC' })
  expect(Date.parse(schedule.nextAt)).toBe(Math.floor(soon.getTime() / 1000) * 1000)
  const lastJob = await until(async () => (await server.call('GET', `/api/schedules/${schedule.id}`)).body.lastJob)
  const job = await jobEnded(server, lastJob)
  expect(job).toMatchObject({ schedule: schedule.id, owner: schedule.owner, kind: 'training', camera: 'pi/cam' })
  // Nobody looked at the labels when it was planned: it says itself what it lacks.
  expect(job).toMatchObject({ state: 'failed', error: { code: 'too_few_states' } })
  const { items } = (await server.call('GET', `/api/jobs?kind=training&camera=pi/cam`)).body
  expect(items).toHaveLength(1)
  await server.call('DELETE', `/api/schedules/${schedule.id}`)
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
