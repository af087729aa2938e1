import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { jobEnded } from './lesson.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'

/** A door of two sensors, of which one has a clock that is minutes ahead. */

const SENSORS = ['pi/one', 'pi/two']
const AHEAD_MS = 280_000

let server: RunningServer

/** Numbers that are far apart, closed below and open above. */
const csv = ['Label,x,y']
for (let i = 0; i < 120; i++) {
  const isOpen = Math.floor(i / 10) % 2 === 1
  csv.push(`${isOpen ? 'open' : 'closed'},${(isOpen ? 3 : -3) + Math.sin(i * 7.3)},${Math.cos(i * 3.1)}`)
}

async function read(sensor: string, isOpen: boolean, at?: number) {
  const query = at === undefined ? '' : `?at=${at}`
  const path = `/api/sensors/${sensor}/readings${query}`
  expect((await server.call('POST', path, { value: [isOpen ? 3 : -3, 0] })).status).toBe(201)
}
const state = async (of: string) => (await server.call('GET', `/api/${of}/state`)).body.state

beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  const vector = { parts: [{ name: 'a', length: 2, kind: 'value' }], window: 1 }
  for (const sensor of SENSORS) {
    const settings = { states: ['closed', 'open'], debounce: 1, vector }
    expect((await server.call('PATCH', `/api/sensors/${sensor}`, settings)).status).toBe(200)
    const imported = await fetch(`${server.url}/api/sensors/${sensor}/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/csv' },
      body: `${csv.join('\n')}\n`,
    })
    await jobEnded(server, ((await imported.json()) as { id: string }).id)
    const { body } = await server.call('POST', '/api/training', { camera: sensor })
    expect(await jobEnded(server, body.id)).toMatchObject({ state: 'done' })
  }
  const members = SENSORS.map((source) => ({ source }))
  const door = await server.call('POST', '/api/doors', { name: 'front', debounce: 1, members })
  expect(door.status).toBe(201)
  expect(door.body).toMatchObject({ state: { reason: 'stale' }, joined: { reason: 'stale' } })
}, 60_000)

test('one reading from a clock that is ahead takes the door from nobody, and sets nothing in the future', async () => {
  for (const sensor of SENSORS) await read(sensor, true)
  await until(async () => (await state('doors/front')) === 'open')
  await read('pi/two', true, Date.now() + AHEAD_MS)
  for (const sensor of SENSORS) await read(sensor, false)
  await until(async () => (await state('doors/front')) === 'closed')
  for (const sensor of SENSORS) expect(await state(`sensors/${sensor}`)).toBe('closed')

  const { body: door } = await server.call('GET', '/api/doors/front')
  expect(door.members).toMatchObject([{ left: null }, { left: null }])
  const { body: transitions } = await server.call('GET', '/api/doors/front/transitions')
  const { body: results } = await server.call('GET', '/api/doors/front/results?limit=100')
  const times = [...transitions.items, ...results.items].map(({ at, capturedAt }) => Date.parse(at ?? capturedAt))
  expect(times.length).toBeGreaterThan(4)
  expect(Math.max(...times)).toBeLessThan(Date.now() + AHEAD_MS / 2)
})
