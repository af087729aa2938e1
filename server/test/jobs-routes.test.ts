import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { CAMERA, jobEnded, label } from './lesson.ts'
import { RunningServer, until } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
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
    // One that comes in between moves nothing.
    if (paged.length === 2) {
      const { body } = await server.call('DELETE', `/api/cameras/${CAMERA}/frames?from=0&to=9`)
      await jobEnded(server, body.id)
    }
  }
  expect(paged).toEqual(all)
  const count = async (query: string) => (await list(query)).items.length
  expect(await count(`camera=${CAMERA}&kind=purge`)).toBe(5)
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
