import mqtt from 'mqtt'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { EventStream } from './event-stream.ts'
import { jobEnded } from './lesson.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Rules, alerts and who is told of them, on a real server with its broker. */

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

/** Who the token of the tests belongs to. */
const ADMIN = 'AJAR_ADMIN_TOKEN of the settings'
/** Always fires, at the next look. */
const FULL = { kind: 'disk', params: { freeBytes: 1e15 }, forMs: 0 }
const NO_MODEL = { kind: 'unknown', params: { reasons: ['no_model'] }, forMs: 0 }

async function makeRule(rule: object, of = server) {
  const { status, body } = await of.call('POST', '/api/alert-rules', rule)
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}
const alertsOf = async (rule: string, state = 'standing', of = server) =>
  (await of.call('GET', `/api/alerts?rule=${rule}&state=${state}`)).body.items
const fired = (rule: string, of = server) => until(async () => (await alertsOf(rule, 'standing', of))[0])
const ended = (rule: string, of = server) => until(async () => (await alertsOf(rule, 'resolved', of))[0])

async function listen(topic: string, of = server) {
  const client = await mqtt.connectAsync(of.mqttUrl, { username: 'token', password: ADMIN_TOKEN })
  const heard: { topic: string; payload: Record<string, unknown> | null; retain: boolean }[] = []
  client.on('message', (topic, payload, { retain }) =>
    heard.push({ topic, payload: payload.length === 0 ? null : JSON.parse(String(payload)), retain }),
  )
  onTestFinished(async () => client.endAsync(true))
  await client.subscribeAsync(topic, { qos: 1 })
  return heard
}

test('what rules can be made of is said as schemas, which a form can be made of', async () => {
  const { body } = await server.call('GET', '/api/alert-kinds')
  const names = body.items.map(({ name }: { name: string }) => name)
  expect(names).toEqual(['state', 'unknown', 'offline', 'outbox', 'reading', 'disk', 'health'])
  expect(body.items[0]).toMatchObject({
    subject: 'camera',
    params: { type: 'object', required: ['state'], properties: { state: { type: 'string', unit: 'state' } } },
    defaults: { forMs: 600_000, clearMs: 0, severity: 'warning' },
  })
})

test('a rule is made with what its kind has, shown, changed and deleted', async () => {
  const made = await makeRule({ name: ' Frames wait ', kind: 'outbox' })
  expect(made).toMatchObject({
    ...{ name: 'Frames wait', kind: 'outbox', subject: null, params: { frames: 500 }, forMs: 60_000, clearMs: 0 },
    ...{ severity: 'warning', enabled: true, webhook: null, author: ADMIN, standing: 0, delivery: null },
  })
  expect(made.id).toMatch(/^[a-z0-9]{10}$/)
  const path = `/api/alert-rules/${made.id}`
  const change = { params: { frames: 9, clearFrames: 3 }, enabled: false, severity: 'info', clearMs: 5 }
  expect((await server.call('PATCH', path, change)).body).toMatchObject({ ...change, name: 'Frames wait' })
  expect((await server.call('GET', path)).body).toMatchObject(change)
  expect((await server.call('GET', '/api/alert-rules')).body.items).toContainEqual(
    (await server.call('GET', path)).body,
  )
  expect((await server.call('DELETE', path)).status).toBe(204)
  expect((await server.call('GET', path)).status).toBe(404)
  expect((await server.call('PATCH', path, {})).status).toBe(404)
  expect((await server.call('DELETE', path)).status).toBe(404)
})

test.each([
  [{ kind: 'weather' }, 'unknown_kind', 'kind'],
  [{ kind: 'state' }, 'bad_params', 'params'],
  [{ kind: 'state', params: { state: 'unknown' } }, 'bad_params', 'params.state'],
  [{ kind: 'outbox', params: { frames: 0 } }, 'bad_params', 'params.frames'],
  [{ kind: 'outbox', params: { frames: 5, more: 1 } }, 'bad_params', 'params.more'],
  [{ kind: 'outbox', params: { frames: 5, clearFrames: 6 } }, 'bad_params', 'params.clearFrames'],
  [{ kind: 'disk', params: { freeBytes: 2e9, clearBytes: 1e9 } }, 'bad_params', 'params.clearBytes'],
  [{ kind: 'reading', params: { sensor: 'cpu', limit: 80, clear: 81 } }, 'bad_params', 'params.clear'],
  [{ kind: 'unknown', params: { reasons: ['tired'] } }, 'bad_params', 'params.reasons.0'],
  [{ kind: 'state', params: { state: 'open' }, subject: 'no/camera' }, 'no_such_camera', 'subject'],
  [{ kind: 'offline', subject: 'nobody' }, 'no_such_device', 'subject'],
  [{ kind: 'disk', subject: 'server' }, 'bad_subject', 'subject'],
  [{ kind: 'disk', webhook: { url: 'http://127.0.0.1:1234/' } }, 'bad_webhook', 'webhook.url'],
])('%j is refused: %s', async (rule, code, field) => {
  const { status, body } = await server.call('POST', '/api/alert-rules', { name: 'refused', ...rule })
  expect({ status, ...body.error }).toMatchObject({ status: 400, code, field })
})

test('what is far too long is refused by its length: to say what else is wrong with it takes minutes', async () => {
  for (const [rule, field] of [
    [{ kind: 'k'.repeat(100_000) }, 'kind'],
    [{ kind: 'unknown', params: { reasons: Array(1000).fill({ a: [1] }) } }, 'params'],
  ] as const) {
    const { status, body } = await server.call('POST', '/api/alert-rules', { name: 'long', ...rule })
    expect([status, body.error.field, body.error.message.length < 200]).toEqual([400, field, true])
  }
})

test('no device is made whose own topics would be those of alerts about the server', async () => {
  const { status, body } = await server.call('POST', '/api/devices', { name: 'server' })
  expect([status, body.error.code]).toEqual([400, 'reserved'])
})

test('a state that the camera cannot be in is refused, also where the rule is turned to another camera', async () => {
  await server.call('PATCH', '/api/cameras/pi/hatch', { states: ['shut', 'open'] })
  await server.call('PATCH', '/api/cameras/pi/lamp', { states: ['on', 'off'] })
  const said = { name: 'hatch', kind: 'state', subject: 'pi/hatch' }
  const wrong = await server.call('POST', '/api/alert-rules', { ...said, params: { state: 'oepn' } })
  expect(wrong.body.error).toMatchObject({ code: 'bad_params', field: 'params.state' })
  expect(wrong.body.error.message).toContain('shut, open')
  const { id } = await makeRule({ ...said, params: { state: 'open' } })
  const turned = await server.call('PATCH', `/api/alert-rules/${id}`, { subject: 'pi/lamp' })
  expect(turned.body.error).toMatchObject({ code: 'bad_params', field: 'params.state' })
})

test('no two rules have the same name', async () => {
  const first = await makeRule({ name: 'one', kind: 'offline' })
  await makeRule({ name: 'other', kind: 'offline' })
  expect((await server.call('POST', '/api/alert-rules', { name: 'one', kind: 'disk' })).body.error.code).toBe(
    'name_taken',
  )
  const renamed = await server.call('PATCH', `/api/alert-rules/${first.id}`, { name: 'other' })
  expect(renamed).toMatchObject({ status: 409, body: { error: { code: 'name_taken' } } })
})

test('the secret of a webhook is shown by the answer that made it only', async () => {
  const url = 'https://hooks.example.net/hook/token-of-theirs'
  const made = await makeRule({ name: 'hooked', kind: 'offline', webhook: { url } })
  expect(made.webhook).toMatchObject({ url, signed: true, secret: expect.stringMatching(/^whsec_/) })
  const path = `/api/alert-rules/${made.id}`
  expect((await server.call('GET', path)).body.webhook).toEqual({ url, signed: true })
  const moved = await server.call('PATCH', path, { webhook: { url: 'https://hooks.example.net/other' } })
  expect(moved.body.webhook).toEqual({ url: 'https://hooks.example.net/other', signed: true })
  const rotated = (await server.call('PATCH', path, { rotateSecret: true })).body.webhook
  expect(rotated.secret).toMatch(/^whsec_/)
  expect(rotated.secret).not.toBe(made.webhook.secret)
  const token = (await server.call('POST', '/api/tokens', { name: 'v', role: 'viewer' })).body.token
  const seen = (await server.call('GET', path, undefined, token)).body.webhook
  expect(seen).toEqual({ url: 'https://hooks.example.net/…', signed: true })
  expect((await server.call('PATCH', path, { webhook: null })).body.webhook).toBeNull()
  expect((await server.call('PATCH', path, { rotateSecret: true })).body.error.code).toBe('no_webhook')
})

test('an alert fires, is acknowledged and ends: rows, events and MQTT say the same', async () => {
  const heard = await listen('ajar/server/alert/+')
  const events = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=alert' })
  const { id } = await makeRule({ name: 'full', ...FULL })
  const alert = await fired(id)
  expect(alert).toMatchObject({
    ...{ rule: id, name: 'full', kind: 'disk', subject: 'server', severity: 'critical', state: 'firing' },
    ...{ resolvedAt: null, acknowledgedAt: null, acknowledgedBy: null, value: expect.any(Number) },
  })
  const path = `/api/alerts/${alert.id}/acknowledge`
  const acknowledged = (await server.call('POST', path)).body
  expect(acknowledged).toMatchObject({ state: 'firing', acknowledgedBy: ADMIN })
  expect((await server.call('POST', path)).body).toEqual(acknowledged)
  expect((await server.call('DELETE', path)).body).toMatchObject({ acknowledgedAt: null, acknowledgedBy: null })
  expect((await server.call('GET', `/api/alert-rules/${id}`)).body.standing).toBe(1)
  await server.call('PATCH', `/api/alert-rules/${id}`, { params: { freeBytes: 1e6 } })
  const end = await ended(id)
  expect(end).toMatchObject({ id: alert.id, state: 'resolved', resolvedAt: expect.any(String) })
  expect((await server.call('POST', path)).body.error.code).toBe('not_standing')
  expect((await server.call('POST', '/api/alerts/999999/acknowledge')).status).toBe(404)

  await until(() => heard.at(-1)?.payload === null)
  expect(heard.map(({ topic }) => topic)).toEqual(Array(5).fill(`ajar/server/alert/${id}`))
  expect(heard.map(({ payload }) => payload && [payload.state, payload.acknowledgedBy])).toEqual([
    ['firing', null],
    ['firing', ADMIN],
    ['firing', null],
    ['resolved', null],
    null,
  ])
  expect(heard[0]?.payload?.firedAtMs).toBe(Date.parse(alert.firedAt))
  const told = await until(async () => {
    const found = events.events.filter(({ data }) => data.rule === id)
    return found.length === 4 && found.map(({ data }) => data)
  })
  expect(told).toEqual([alert, acknowledged, { ...alert }, end])
})

test('many alerts are seen with one call, each once', async () => {
  const { id } = await makeRule({ name: 'full of many', ...FULL })
  const other = await makeRule({ name: 'full of others', ...FULL })
  const [one, two] = [await fired(id), await fired(other.id)]
  const seen = (ids: number[]) => server.call('POST', '/api/alerts/acknowledge', { ids })
  await server.call('POST', `/api/alerts/${two.id}/acknowledge`)
  const { status, body } = await seen([one.id, two.id, one.id, 999_999])
  expect({ status, body }).toMatchObject({ status: 200, body: { items: [{ id: one.id, acknowledgedBy: ADMIN }] } })
  expect(body.items).toEqual(await alertsOf(id))
  expect((await seen([one.id])).body).toEqual({ items: [] })
  expect([(await seen([])).status, (await seen(Array.from({ length: 1001 }, (_, i) => i + 1))).status]).toEqual([
    400, 400,
  ])
  for (const rule of [id, other.id]) await server.call('DELETE', `/api/alert-rules/${rule}`)
})

test('what stands stands after a restart as it did, also for whoever subscribes then', {
  timeout: 60_000,
}, async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const first = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
  const { id } = await makeRule({ name: 'full', ...FULL }, first)
  const before = await fired(id, first)
  const acknowledged = (await first.call('POST', `/api/alerts/${before.id}/acknowledge`)).body
  await first.app.close()
  const next = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
  const heard = await listen('ajar/server/#', next)
  await until(() => heard.length > 0)
  expect(heard[0]).toMatchObject({ retain: true, payload: { id: before.id, state: 'firing', acknowledgedBy: ADMIN } })
  expect(await alertsOf(id, 'all', next)).toEqual([acknowledged])
})

test('rules go along with a camera that has another name now, and the alert of the old name ends', async () => {
  await server.ended(await server.send('pi/front', await plainJpeg(1)))
  const { id } = await makeRule({ name: 'taught?', ...NO_MODEL, subject: 'pi/front' })
  await fired(id)
  await server.call('POST', '/api/cameras/pi/front/rename', { to: 'pi/entrance' })
  expect(await ended(id)).toMatchObject({
    subject: 'pi/front',
    text: expect.stringMatching(/; pi\/front is called pi\/entrance now$/),
  })
  expect(
    await until(async () => (await alertsOf(id)).find(({ subject }: { subject: string }) => subject === 'pi/entrance')),
  ).toMatchObject({ state: 'firing' })
  expect((await server.call('GET', `/api/alert-rules/${id}`)).body.subject).toBe('pi/entrance')
})

test('alerts of a camera that was deleted end; those of before go with all it had', async () => {
  await server.ended(await server.send('pi/gone', await plainJpeg(1)))
  const { id } = await makeRule({ name: 'gone?', ...NO_MODEL, subject: 'pi/gone' })
  await fired(id)
  await server.call('PATCH', `/api/alert-rules/${id}`, { enabled: false })
  expect(await ended(id)).toMatchObject({ text: expect.stringMatching(/; its rule was switched off$/) })
  await server.call('PATCH', `/api/alert-rules/${id}`, { enabled: true })
  const again = await fired(id)
  const { body: job } = await server.call('DELETE', '/api/cameras/pi/gone')
  await jobEnded(server, job.id)
  const left = await until(async () => {
    const all = await alertsOf(id, 'all')
    return all.every(({ state }: { state: string }) => state === 'resolved') && all
  })
  for (const alert of left)
    expect(alert).toMatchObject({ id: again.id, text: expect.stringMatching(/; pi\/gone is no more: it was deleted$/) })
})

test('a rule about every device or camera finds each; deleted, its alerts end', async () => {
  for (const camera of ['many/a', 'many/b']) await server.ended(await server.send(camera, await plainJpeg(1)))
  const heard = await listen('ajar/many/#')
  const { id } = await makeRule({ name: 'each', ...NO_MODEL })
  const subjects = async () => (await alertsOf(id)).map(({ subject }: { subject: string }) => subject)
  await until(async () => (await subjects()).filter((one: string) => one.startsWith('many/')).length === 2)
  expect((await server.call('GET', `/api/alerts?subject=many/a&rule=${id}`)).body.items).toHaveLength(1)
  await server.call('DELETE', `/api/alert-rules/${id}`)
  await until(async () => (await subjects()).length === 0)
  expect(await ended(id)).toMatchObject({ name: 'each', text: expect.stringMatching(/; its rule was deleted$/) })
  const topics = [`ajar/many/a/alert/${id}`, `ajar/many/b/alert/${id}`]
  await until(() => topics.every((topic) => heard.filter((one) => one.topic === topic).length === 3))
  for (const topic of topics)
    expect(heard.filter((one) => one.topic === topic).map(({ payload }) => payload?.state ?? null)).toEqual([
      'firing',
      'resolved',
      null,
    ])
})

test('alerts come in pages, the newest first', async () => {
  const all = (await server.call('GET', '/api/alerts?state=all&limit=500')).body.items
  expect(all.length).toBeGreaterThan(4)
  const paged = []
  for (let cursor = ''; ; ) {
    const { body } = await server.call('GET', `/api/alerts?state=all&limit=2${cursor}`)
    paged.push(...body.items)
    if (body.next === null) break
    cursor = `&cursor=${body.next}`
  }
  expect(paged).toEqual(all)
  const ids = all.map(({ id }: { id: number }) => id)
  expect(ids).toEqual([...ids].sort((a: number, b: number) => b - a))
  const from = Date.parse(all[2].firedAt)
  const some = (await server.call('GET', `/api/alerts?state=all&from=${from}&to=${from + 1}`)).body.items
  expect(some.map(({ firedAt }: { firedAt: string }) => Date.parse(firedAt))).toEqual(some.map(() => from))
  expect(some.length).toBeGreaterThan(0)
})

test('health says that rules are looked at; only operators change rules or acknowledge', async () => {
  const { checks } = (await server.call('GET', '/api/health/ready')).body
  expect(checks).toContainEqual({ name: 'alerts', level: 'ok', text: 'rules are looked at' })
  const token = (await server.call('POST', '/api/tokens', { name: 'w', role: 'viewer' })).body.token
  const refused = [
    'POST /api/alert-rules',
    'POST /api/alerts/acknowledge',
    'POST /api/alerts/1/acknowledge',
    'DELETE /api/alerts/1/acknowledge',
  ]
  for (const call of refused) {
    const [method = '', path = ''] = call.split(' ')
    expect((await server.call(method, path, method === 'POST' ? {} : undefined, token)).status).toBe(403)
  }
  expect((await server.call('GET', '/api/alerts', undefined, token)).status).toBe(200)
})
