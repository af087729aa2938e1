import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { jobEnded } from './lesson.ts'
import { RunningServer } from './running-server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('PATCH', '/api/cameras/pi/hall', { states: ['closed', 'open'] })
  await server.call('PATCH', '/api/cameras/pi/yard', { states: ['0', '90', 'covered'] })
})

const make = (body: object) => server.call('POST', '/api/doors', body)

describe('a door', () => {
  test('is made of cameras and sensors, and shown with them', async () => {
    const members = [{ source: 'pi/hall' }, { source: 'pi/yard', states: { '0': 'closed', '90': 'open' } }]
    const { status, body } = await make({ name: 'front', members, threshold: 0.9 })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      ...{ id: 'doors/front', name: 'front', states: ['closed', 'open'], threshold: 0.9, model: null },
      state: { state: 'unknown', reason: 'no_model' },
      joined: { best: null, confidence: null, reason: 'no_model', disagreement: 0 },
    })
    expect(body.members).toMatchObject([
      {
        source: 'pi/hall',
        kind: 'camera',
        states: {},
        weight: 0,
        measured: 0,
        balancedAccuracy: null,
        left: 'no_model',
      },
      { source: 'pi/yard', states: { '0': 'closed', '90': 'open' }, ofSource: ['0', '90', 'covered'], model: null },
    ])
    expect((await server.call('GET', '/api/doors')).body.items).toMatchObject([{ id: 'doors/front' }])
    expect((await server.call('GET', '/api/doors/front/disagreements')).body).toEqual({ items: [], next: null })
    expect((await make({ name: 'front' })).body.error.code).toBe('name_taken')
  })

  test.each([
    ['bad_member', { members: [{ source: 'pi/nobody' }] }],
    ['bad_member', { members: [{ source: 'pi/hall' }, { source: 'pi/hall' }] }],
    ['bad_member', { members: [{ source: 'doors/front' }] }],
    ['unknown_state', { members: [{ source: 'pi/yard', states: { '45': 'open' } }] }],
    ['unknown_state', { members: [{ source: 'pi/yard', states: { '0': 'ajar' } }] }],
    ['reserved', { states: ['unknown', 'open'] }],
    ['bad_request', { states: ['open'] }],
  ])('is refused with %s for %j', async (code, change) => {
    for (const answer of [
      await make({ name: 'other', ...change }),
      await server.call('PATCH', '/api/doors/front', change),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([400, code])
    }
    expect((await server.call('GET', '/api/doors/other')).status).toBe(404)
  })

  test('has members that follow another source: they have the states of that one', async () => {
    await server.call('PATCH', '/api/sensors/pi/leader', { states: ['0', '90'] })
    await server.call('PATCH', '/api/sensors/pi/sender', { states: ['a', 'b'] })
    await server.app.close()
    const rows = new DatabaseSync(join(server.dataDir, 'state.db'))
    rows.exec(`update cameras set states_json = '[]', follows = 'pi/leader' where id = 'pi/sender'`)
    rows.close()
    server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: server.dataDir })
    const members = [{ source: 'pi/sender', states: { '0': 'closed', '90': 'open' } }]
    const { status, body } = await make({ name: 'radio', members })
    expect(status).toBe(201)
    expect(body.members).toMatchObject([{ source: 'pi/sender', ofSource: ['0', '90'], left: 'no_model' }])
    const wrong = await make({ name: 'wrong', members: [{ source: 'pi/sender', states: { '45': 'open' } }] })
    expect(wrong.body.error).toMatchObject({ code: 'unknown_state', message: expect.stringContaining('it has 0, 90') })
  })

  test('is changed; states that its members say cannot go', async () => {
    const { status, body } = await server.call('PATCH', '/api/doors/front', {
      debounce: 1,
      states: ['closed', 'open', 'ajar'],
    })
    expect([status, body.debounce, body.states, body.members.length]).toEqual([200, 1, ['closed', 'open', 'ajar'], 2])
    const less = await server.call('PATCH', '/api/doors/front', { states: ['closed', 'ajar'] })
    expect(less.body.error.code).toBe('unknown_state')
  })

  test('stays changeable where a member has lost a state that it was told how to say, and says so', async () => {
    await server.call('PATCH', '/api/cameras/pi/yard', { states: ['0', 'wide', 'covered'] })
    const { status, body } = await server.call('PATCH', '/api/doors/front', { threshold: 0.6 })
    expect([status, body.threshold]).toEqual([200, 0.6])
    expect(body.members).toMatchObject([{ gone: [] }, { source: 'pi/yard', gone: ['90'] }])
    const wider = await server.call('PATCH', '/api/doors/front', { states: ['closed', 'open', 'ajar', 'wide'] })
    expect(wider.status).toBe(200)
    const { body: ready } = await server.call('GET', '/api/health/ready')
    const texts = ready.checks
      .filter(({ name }: { name: string }) => name === 'door')
      .map((one: { text: string }) => one.text)
    expect(texts).toContainEqual(expect.stringContaining('what 90 of pi/yard says'))
    await server.call('PATCH', '/api/cameras/pi/yard', { states: ['0', '90', 'covered'] })
  })

  test('stays, with its members, when the server starts again', async () => {
    await server.app.close()
    server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: server.dataDir })
    const { body } = await server.call('GET', '/api/doors/front')
    expect(body.members).toMatchObject([{ source: 'pi/hall' }, { source: 'pi/yard', states: { '0': 'closed' } }])
  })

  test('of rows that a server left when it died, none is a member after the next start', async () => {
    await server.app.close()
    const rows = new DatabaseSync(join(server.dataDir, 'state.db'))
    const insert = rows.prepare('insert into door_members (door, source, states_json) values (?, ?, ?)')
    insert.run('doors/front', 'pi/gone', '{}')
    insert.run('doors/gone', 'pi/hall', '{}')
    server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: server.dataDir })
    const { body } = await server.call('GET', '/api/doors/front')
    expect(body.members.map(({ source }: { source: string }) => source)).toEqual(['pi/hall', 'pi/yard'])
    expect(rows.prepare('select source from door_members where door = ? order by source').all('doors/front')).toEqual([
      { source: 'pi/hall' },
      { source: 'pi/yard' },
    ])
    rows.close()
  })

  test('follows a member to its new name, and loses one that is deleted', async () => {
    await server.call('POST', '/api/devices', { name: 'pi' })
    const renamed = await server.call('POST', '/api/cameras/pi/hall/rename', { to: 'pi/porch' })
    expect(renamed.status).toBe(200)
    const sources = async () =>
      (await server.call('GET', '/api/doors/front')).body.members.map(({ source }: { source: string }) => source)
    await expect.poll(sources).toEqual(['pi/porch', 'pi/yard'])
    await jobEnded(server, (await server.call('DELETE', '/api/cameras/pi/porch')).body.id)
    await expect.poll(sources).toEqual(['pi/yard'])
  })

  test('is deleted, and its name is free again', async () => {
    const { status, body } = await server.call('DELETE', '/api/doors/front')
    expect(status).toBe(202)
    expect(await jobEnded(server, body.id)).toMatchObject({ state: 'done' })
    expect((await server.call('GET', '/api/doors/front')).status).toBe(404)
    expect((await make({ name: 'front' })).body.members).toEqual([])
    expect((await server.call('GET', '/api/cameras/pi/yard')).status).toBe(200)
  })
})
