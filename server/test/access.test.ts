import { readFileSync } from 'node:fs'
import mqtt, { type MqttClient } from 'mqtt'
import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { createHttp } from '../src/http/http.ts'
import { createLog } from '../src/index.ts'
import { LEGACY_ROUTES } from './legacy-paths.ts'
import { RunningServer } from './running-server.ts'

const ROLES = ['admin', 'operator', 'viewer', 'analyst'] as const
type Role = (typeof ROLES)[number]

/** What reaches what, as DESIGN.md says it: written again here, so that a slip in the server shows. */
const MAY: Record<Role, string[]> = {
  admin: ['viewer', 'analyst', 'operator', 'admin'],
  operator: ['viewer', 'analyst', 'operator'],
  viewer: ['viewer'],
  analyst: ['viewer', 'analyst'],
}

/** Every route with who may call it. A new route fails this test until somebody has thought about it. */
const ROUTES: Record<string, string> = {
  'GET /*': 'public',
  'GET /api/health/live': 'public',
  'GET /api/health/ready': 'public',
  'POST /api/sessions': 'public',
  'DELETE /api/sessions': 'viewer',
  'GET /api/session': 'viewer',
  'POST /api/session': 'public',
  'DELETE /api/session': 'public',
  'GET /metrics': 'viewer',
  'GET /api/listeners': 'viewer',
  'GET /api/storage': 'viewer',
  'GET /api/backups': 'admin',
  'POST /api/backups': 'admin',
  'DELETE /api/backups/:name': 'admin',
  'GET /api/processes': 'viewer',
  'GET /api/releases': 'operator',
  'POST /api/redeploy': 'admin',
  'POST /api/processes/:name/restart': 'admin',
  'GET /api/events': 'viewer',
  'GET /api/logs': 'operator',
  'GET /api/logging': 'operator',
  'PATCH /api/logging': 'admin',
  'GET /api/cameras': 'viewer',
  'GET /api/cameras/:device/:camera': 'viewer',
  'GET /api/cameras/:device/:camera/activations': 'viewer',
  'PATCH /api/cameras/:device/:camera': 'operator',
  'GET /api/cameras/:device/:camera/state': 'viewer',
  'DELETE /api/cameras/:device/:camera': 'operator',
  'DELETE /api/cameras/:device/:camera/frames': 'operator',
  'POST /api/cameras/:device/:camera/rename': 'operator',
  'POST /api/cameras/:device/:camera/models': 'operator',
  'GET /api/cameras/:device/:camera/model': 'viewer',
  'GET /api/sensors/:device/:sensor/model': 'viewer',
  'POST /api/cameras/:device/:camera/import': 'operator',
  'POST /api/sensors/:device/:sensor/import': 'operator',
  'GET /api/sensors/:device/:sensor/usability': 'operator',
  'GET /api/cameras/:device/:camera/export': 'operator',
  'GET /api/cameras/:device/:camera/frames.zip': 'operator',
  'GET /api/cameras/:device/:camera/history': 'viewer',
  'GET /api/cameras/:device/:camera/time-in-state': 'viewer',
  'GET /api/sensors/:device/:sensor/state': 'viewer',
  'GET /api/sensors/:device/:sensor/results': 'viewer',
  'GET /api/sensors/:device/:sensor/transitions': 'viewer',
  'GET /api/sensors/:device/:sensor/ribbon': 'viewer',
  'GET /api/sensors/:device/:sensor/history': 'viewer',
  'GET /api/sensors/:device/:sensor/time-in-state': 'viewer',
  'GET /api/doors': 'viewer',
  'POST /api/doors': 'operator',
  'GET /api/doors/:door': 'viewer',
  'PATCH /api/doors/:door': 'operator',
  'DELETE /api/doors/:door': 'operator',
  'GET /api/doors/:door/disagreements': 'viewer',
  'GET /api/doors/:door/state': 'viewer',
  'GET /api/doors/:door/results': 'viewer',
  'GET /api/doors/:door/transitions': 'viewer',
  'GET /api/doors/:door/ribbon': 'viewer',
  'GET /api/doors/:door/history': 'viewer',
  'GET /api/doors/:door/time-in-state': 'viewer',
  'GET /api/sensors/:device/:sensor': 'viewer',
  'GET /api/sensors/:device/:sensor/readings': 'viewer',
  'GET /api/sensors/:device/:sensor/export': 'operator',
  'POST /api/sensors/:device/:sensor/classify': 'viewer',
  'GET /api/readings/:device/:sensor/:atMs': 'viewer',
  'PUT /api/readings/:device/:sensor/:atMs/label': 'operator',
  'DELETE /api/readings/:device/:sensor/:atMs/label': 'operator',
  'PATCH /api/sensors/:device/:sensor': 'operator',
  'GET /api/sensors/:device/:sensor/activations': 'viewer',
  'POST /api/sensors/:device/:sensor/rollback': 'operator',
  'POST /api/sensors/:device/:sensor/models': 'operator',
  'GET /api/sensors/:device/:sensor/holds': 'viewer',
  'POST /api/sensors/:device/:sensor/holds': 'operator',
  'DELETE /api/sensors/:device/:sensor/holds': 'operator',
  'GET /api/alert-kinds': 'viewer',
  'GET /api/alert-rules': 'viewer',
  'POST /api/alert-rules': 'operator',
  'GET /api/alert-rules/:id': 'viewer',
  'PATCH /api/alert-rules/:id': 'operator',
  'DELETE /api/alert-rules/:id': 'operator',
  'POST /api/alert-rules/:id/test': 'operator',
  'POST /api/alert-rules/:id/retry': 'operator',
  'GET /api/alerts': 'viewer',
  'POST /api/alerts/acknowledge': 'operator',
  'POST /api/alerts/:id/acknowledge': 'operator',
  'DELETE /api/alerts/:id/acknowledge': 'operator',
  'POST /api/cameras/:device/:camera/rollback': 'operator',
  'POST /api/models/:device/:name/activate': 'operator',
  'DELETE /api/cameras/:device/:camera/aliases/:oldDevice/:oldCamera': 'operator',
  'POST /api/cameras/:device/:camera/copy': 'operator',
  'DELETE /api/cameras/:device/:camera/borrowed-labels': 'operator',
  'GET /api/cameras/:device/:camera/results': 'viewer',
  'GET /api/cameras/:device/:camera/frames': 'viewer',
  'GET /api/cameras/:device/:camera/ribbon': 'viewer',
  'GET /api/cameras/:device/:camera/transitions': 'viewer',
  'POST /api/cameras/:device/:camera/frames': 'operator',
  'POST /api/cameras/:device/:camera/classify': 'viewer',
  'GET /api/ribbons': 'viewer',
  'GET /api/frames': 'viewer',
  'GET /api/frames/:device/:camera/:capturedAtMs': 'viewer',
  'GET /api/frames/:device/:camera/:capturedAtMs/image': 'viewer',
  'GET /api/frames/:device/:camera/:capturedAtMs/journey': 'viewer',
  'PUT /api/frames/:device/:camera/:capturedAtMs/label': 'operator',
  'DELETE /api/frames/:device/:camera/:capturedAtMs/label': 'operator',
  'GET /api/labels': 'viewer',
  'GET /api/labels/suspects': 'viewer',
  'POST /api/labels': 'operator',
  'GET /api/readings': 'viewer',
  'GET /api/readings/:device/:sensor/:atMs/journey': 'viewer',
  'POST /api/sensors/:device/:sensor/readings': 'operator',
  'GET /api/readings/at': 'viewer',
  'GET /api/sensors': 'viewer',
  'DELETE /api/sensors/:device/:sensor': 'operator',
  'POST /api/training': 'operator',
  'GET /api/models': 'viewer',
  'GET /api/models/:device/:name': 'viewer',
  'GET /api/models/:device/:name/archive': 'operator',
  'GET /api/jobs': 'viewer',
  'GET /api/jobs/:id': 'viewer',
  'GET /api/jobs/:id/log': 'viewer',
  'DELETE /api/jobs/:id': 'operator',
  'GET /api/tasks': 'analyst',
  'GET /api/tasks/:name': 'analyst',
  'POST /api/tasks/:name': 'analyst',
  'GET /api/task-runs': 'analyst',
  'GET /api/task-runs/:job': 'analyst',
  'DELETE /api/task-runs/:job': 'analyst',
  'GET /api/programs/languages': 'analyst',
  'DELETE /api/programs/runs/:id': 'analyst',
  'POST /run_program/': 'analyst',
  'POST /check_output/': 'analyst',
  'POST /download/': 'analyst',
  // A browser that asks first whether a page may call shows no token.
  'OPTIONS /run_program/': 'public',
  'OPTIONS /check_output/': 'public',
  'OPTIONS /download/': 'public',
  'GET /api/schedules': 'viewer',
  'GET /api/schedules/:id': 'viewer',
  'POST /api/schedules': 'operator',
  'PATCH /api/schedules/:id': 'operator',
  'DELETE /api/schedules/:id': 'operator',
  'GET /api/task-triggers': 'viewer',
  'GET /api/task-triggers/:id': 'viewer',
  'POST /api/task-triggers': 'operator',
  'PATCH /api/task-triggers/:id': 'operator',
  'DELETE /api/task-triggers/:id': 'operator',
  'GET /api/devices': 'viewer',
  'POST /api/devices': 'operator',
  'GET /api/devices/:name': 'viewer',
  'PATCH /api/devices/:name': 'operator',
  'DELETE /api/devices/:name': 'operator',
  'POST /api/devices/:name/credential': 'operator',
  'PATCH /api/devices/:name/config': 'operator',
  'GET /api/tokens': 'admin',
  'POST /api/tokens': 'admin',
  'PATCH /api/tokens/:id': 'admin',
  'DELETE /api/tokens/:id': 'admin',
  'POST /api/mqtt-tickets': 'viewer',
  'GET /api/users': 'admin',
  'POST /api/users': 'admin',
  'PATCH /api/users/:name': 'admin',
  'DELETE /api/users/:name': 'admin',
}

/** Those of the laboratory, whose errors have the shapes of the older server. */
const LABORATORY_ROUTES: Record<string, string> = {
  'GET /api/datasessions/': 'analyst',
  'POST /api/datasessions/': 'analyst',
  'GET /api/datasessions/:id/': 'analyst',
  'PATCH /api/datasessions/:id/': 'analyst',
  'PUT /api/datasessions/:id/': 'analyst',
  'DELETE /api/datasessions/:id/': 'analyst',
  'GET /api/datasessions/:id/operations/': 'analyst',
  'POST /api/datasessions/:id/operations/': 'analyst',
  'POST /api/datasessions/:id/operations/bulk_delete/': 'analyst',
  'GET /api/datasessions/:id/operations/:op/': 'analyst',
  'PATCH /api/datasessions/:id/operations/:op/': 'analyst',
  'PUT /api/datasessions/:id/operations/:op/': 'analyst',
  'DELETE /api/datasessions/:id/operations/:op/': 'analyst',
  'POST /api/datasessions/:id/operations/:op/cancel/': 'analyst',
  'GET /api/laboratory': 'analyst',
  'GET /vis/checkImage': 'analyst',
  'GET /api/available_operations/': 'analyst',
  'POST /portal/api-token-auth/': 'public',
  'GET /portal/profile/': 'analyst',
  'GET /archive/frames/': 'analyst',
  'GET /archive/frames/:id/': 'analyst',
  'GET /archive/frames/:id/headers/': 'analyst',
  'GET /thumbnails/:basename/': 'analyst',
  'GET /api/laboratory/files/:source/:mark/:basename/:form': 'public',
  'GET /api/laboratory/uploads': 'analyst',
  'POST /api/laboratory/uploads': 'analyst',
  'DELETE /api/laboratory/uploads/:basename': 'analyst',
  'POST /api/analysis/raw-data/': 'analyst',
  'POST /api/analysis/line-profile/': 'analyst',
  'POST /api/analysis/wcs/': 'analyst',
  'POST /api/analysis/get-tif/': 'analyst',
  'POST /api/analysis/get-jpg/': 'analyst',
  'POST /api/analysis/source-catalog/': 'analyst',
  'POST /api/analysis/centroiding/': 'analyst',
  // What is no route below these says so to whoever shows a token.
  'GET /api/datasessions/*': 'public',
  'GET /api/available_operations/*': 'public',
  'GET /api/analysis': 'public',
  'GET /api/analysis/*': 'public',
  'GET /api/laboratory/*': 'public',
  'GET /portal': 'public',
  'GET /portal/*': 'public',
  'GET /archive': 'public',
  'GET /archive/*': 'public',
  'GET /thumbnails': 'public',
  'GET /thumbnails/*': 'public',
  'GET /vis': 'public',
  'GET /vis/*': 'public',
}

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const newToken = async (role: Role, more: object = {}): Promise<{ id: string; token: string }> =>
  (await server.call('POST', '/api/tokens', { name: `test ${role}`, role, ...more })).body

const closeOf = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()))

/** A path of the route that leads to nothing that exists. */
const pathOf = (route: string) =>
  route
    .replace(/:(capturedAtMs|atMs)/, '1')
    .replace(/:(oldDevice|oldCamera|device|camera|sensor|door|name|job|id)/g, (_, name) =>
      name === 'name' ? 'no-one' : 'none',
    )

describe('every route', () => {
  test('is in the list of this test, with who may call it', () => {
    const found = [...server.app.http.accessOf]
      .filter(([route]) => !route.startsWith('HEAD ') && !route.includes(' /docs'))
      .sort()
    expect(Object.fromEntries(found)).toEqual({ ...ROUTES, ...LABORATORY_ROUTES, ...LEGACY_ROUTES })
  })

  test.each(Object.entries({ ...ROUTES, ...LABORATORY_ROUTES }))(
    '%s (%s) lets in whom it names and nobody else',
    async (route, access) => {
      const [method = '', path = ''] = route.split(' ')
      if (path === '/api/events') return // never ends; its own tests are below
      const call = (token: string | null) =>
        server.call(method, pathOf(path), /^(GET|DELETE|OPTIONS)$/.test(method) ? undefined : {}, token)
      const anonymous = await call(null)
      const wrong = await call('no-such-token')
      for (const { status, body } of [anonymous, wrong]) {
        if (access === 'public') expect(status).toBeLessThan(500)
        else {
          expect(status).toBe(401)
          expect(body.error?.code ?? body.detail).toMatch(/unauthenticated|bad_token|not provided|Invalid token/)
        }
      }
      for (const role of ROLES) {
        const { status, body } = await call((await newToken(role)).token)
        expect(status).toBeLessThan(500)
        if (access === 'public') continue
        expect(status).not.toBe(401)
        if (MAY[role].includes(access)) expect(status).not.toBe(403)
        else {
          expect(status).toBe(403)
          expect(body.error?.code ?? body.detail).toMatch(
            /^(forbidden|You do not have permission to perform this action\.)$/,
          )
        }
      }
    },
  )

  test('without who may call it is refused at the start', async () => {
    const http = await createHttp({ log: createLog('silent'), maxFrameBytes: 1, authenticate: () => null })
    expect(() => http.get('/forgotten', async () => 'secret')).toThrow('does not declare who may call it')
  })
})

describe('what is taken away stops at once', () => {
  /** An event stream; `ended` resolves when the server ends it. */
  async function streamOf(token: string) {
    const { body, status } = await fetch(`${server.url}/api/events`, { headers: { authorization: `Bearer ${token}` } })
    const reader = body?.getReader()
    await reader?.read()
    const drain = async () => {
      for (;;) if ((await reader?.read())?.done !== false) return
    }
    return { status, ended: drain().catch(() => {}) }
  }

  async function watcher(token: string) {
    const client = await mqtt.connectAsync(server.mqttUrl, { username: 'token', password: token, reconnectPeriod: 0 })
    const closed = closeOf(client)
    return { client, closed }
  }

  test.each([
    ['disabled', (id: string) => server.call('PATCH', `/api/tokens/${id}`, { disabled: true })],
    ['revoked', (id: string) => server.call('DELETE', `/api/tokens/${id}`)],
  ])('a token that is %s: calls, event streams and MQTT connections', async (_, takeAway) => {
    const { id, token } = await newToken('operator')
    const stream = await streamOf(token)
    const { closed } = await watcher(token)
    expect(stream.status).toBe(200)
    expect((await takeAway(id)).status).toBeLessThan(300)
    expect((await server.call('GET', '/api/cameras', undefined, token)).body.error.code).toBe('bad_token')
    await stream.ended
    await closed
    await expect(
      mqtt.connectAsync(server.mqttUrl, { username: 'token', password: token, reconnectPeriod: 0 }),
    ).rejects.toThrow()
  })

  test('another token goes on meanwhile', async () => {
    const [one, other] = [await newToken('viewer'), await newToken('viewer')]
    const stream = await streamOf(other.token)
    await server.call('DELETE', `/api/tokens/${one.id}`)
    expect((await server.call('GET', '/api/cameras', undefined, other.token)).status).toBe(200)
    expect(
      await Promise.race([stream.ended.then(() => 'ended'), server.call('GET', '/api/jobs').then(() => 'open')]),
    ).toBe('open')
  })

  test('a token that expires', async () => {
    const { token } = await newToken('viewer', { expiresAt: new Date(Date.now() - 1).toISOString() })
    expect((await server.call('GET', '/api/cameras', undefined, token)).status).toBe(401)
  })

  test('a time that nobody can reckon with is refused, not taken for never', async () => {
    const body = { name: 'leap', role: 'viewer', expiresAt: '2026-12-31T23:59:60Z' }
    const refused = await server.call('POST', '/api/tokens', body)
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'bad_time', field: 'expiresAt' } } })
    expect((await server.call('GET', '/api/tokens')).status).toBe(200)
  })

  test.each([
    ['disabled', () => server.call('PATCH', '/api/devices/gate', { disabled: true })],
    ['given a new credential', () => server.call('POST', '/api/devices/gate/credential', {})],
    ['removed', () => server.call('DELETE', '/api/devices/gate')],
  ])('a device that is %s', async (_, takeAway) => {
    await server.call('DELETE', '/api/devices/gate')
    const { token } = (await server.call('POST', '/api/devices', { name: 'gate' })).body
    const client = await mqtt.connectAsync(server.mqttUrl, { username: 'gate', password: token, reconnectPeriod: 0 })
    const closed = closeOf(client)
    await takeAway()
    await closed
    await expect(
      mqtt.connectAsync(server.mqttUrl, { username: 'gate', password: token, reconnectPeriod: 0 }),
    ).rejects.toThrow()
  })

  test('the last admin token cannot be taken away', async () => {
    const { items } = (await server.call('GET', '/api/tokens')).body
    const admins = items.filter((one: { role: string }) => one.role === 'admin')
    const statuses = []
    for (const { id } of admins.reverse()) statuses.push((await server.call('DELETE', `/api/tokens/${id}`)).status)
    expect(statuses.at(-1)).toBe(409)
    expect((await server.call('GET', '/api/tokens')).status).toBe(200)
  })
})

test('no token is kept in clear', async () => {
  const { token } = await newToken('viewer')
  const device = (await server.call('POST', '/api/devices', { name: 'shed' })).body.token
  const files = ['state.db', 'state.db-wal'].map((name) => readFileSync(`${server.dataDir}/${name}`))
  for (const secret of [token, device]) expect(files.some((bytes) => bytes.includes(secret))).toBe(false)
  expect(files.some((bytes) => bytes.includes('test viewer'))).toBe(true)
})
