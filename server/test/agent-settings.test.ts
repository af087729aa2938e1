import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

/** What people send to an agent: a camera that would count as stale is refused, and other agents take what they like. */

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/devices', { name: 'pi' })
  await server.send('pi/door', await plainJpeg(1))
})

const send = (settings: object) => server.call('PATCH', '/api/devices/pi/config', { settings })
const gate = (heartbeatMs: unknown, camera = 'door') => ({ cameras: { [camera]: { gate: { heartbeatMs } } } })

test('a camera that would send less often than it counts as stale is refused, and it is said what to do', async () => {
  for (const [camera, heartbeatMs] of [
    ['door', 90_000],
    ['door', 60_000],
    ['not-yet-there', 60_000],
  ] as const) {
    const { status, body } = await send(gate(heartbeatMs, camera))
    expect(status).toBe(400)
    expect(body.error).toMatchObject({
      code: 'heartbeat_too_long',
      field: `settings.cameras.${camera}.gate.heartbeatMs`,
      message: expect.stringMatching(new RegExp(`^pi/${camera} would .* stale after 60000 ms, .*: send a shorter`)),
    })
  }
  expect((await server.call('GET', '/api/devices/pi')).body.desired).toBeNull()
  expect((await send(gate(59_000))).status).toBe(200)
})

test('its own staleAfterMs counts, also under the name that it had', async () => {
  await server.call('PATCH', '/api/cameras/pi/door', { staleAfterMs: 120_000 })
  expect((await send(gate(90_000))).status).toBe(200)
  expect((await server.call('POST', '/api/cameras/pi/door/rename', { to: 'pi/gate' })).status).toBe(200)
  expect((await send(gate(90_000))).status).toBe(200)
  expect((await send(gate(120_000))).status).toBe(400)
})

test.each([
  {},
  { cameras: null },
  { cameras: ['door'] },
  { cameras: { door: null } },
  { cameras: { door: { gate: null } } },
  { cameras: { door: { gate: 'wide' } } },
  gate('90000'),
  { intervalMs: 'slowly', colour: { of: ['the', 'lamp'] } },
])('settings in the shape of another agent are sent as they are: %j', async (settings) => {
  expect(await send(settings)).toMatchObject({ status: 200, body: { settings } })
})

test('the reference tells what an ajar agent takes', async () => {
  const { paths } = (await server.call('GET', '/docs/json')).body
  const { settings } =
    paths['/api/devices/{name}/config'].patch.requestBody.content['application/json'].schema.properties
  const [own] = settings.anyOf
  expect(Object.keys(own.properties)).toEqual(['intervalMs', 'cameras'])
  expect(JSON.stringify(own)).toMatch(/heartbeatMs.*longest time between two pictures sent/)
  expect((await server.call('PATCH', '/api/devices/pi/config', { settings: 5 })).status).toBe(400)
  expect((await server.call('PATCH', '/api/devices/nobody/config', { settings: gate(90_000) })).status).toBe(404)
})
