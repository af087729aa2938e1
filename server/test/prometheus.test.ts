import { readFileSync } from 'node:fs'
import mqtt from 'mqtt'
import { Counter, Registry } from 'prom-client'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { needsProgram } from '../../test/setup/needs.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { tellCameras } from '../src/observe/metrics/cameras.ts'
import { plainJpeg } from './pictures.ts'
import { FOLDER, Prometheus, promtool } from './prometheus.ts'
import { addRule } from './rule-with-webhook.ts'
import { RunningServer, until } from './running-server.ts'

const NOTHING = { state: 'unknown', confidence: null, frame: null, model: null }
const RULES = readFileSync(`${FOLDER}ajar.rules.yml`, 'utf8')

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.ended(await server.send('pi/cam', await plainJpeg(1)))
})

const metrics = async () => (await server.call('GET', '/metrics')).body as string
/** The samples of our own, by name and labels. */
const samples = async () =>
  new Map(
    [...(await metrics()).matchAll(/^(ajar_\S+) (\S+)$/gm)].map(([, series = '', value]) => [series, Number(value)]),
  )
/** Names as Prometheus knows them: those that are told, and the parts of histograms. */
async function namesTold(): Promise<Set<string>> {
  const types = [...(await metrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  )
}

async function device(name: string, status: object) {
  const { token } = (await server.call('POST', '/api/devices', { name })).body
  const client = await mqtt.connectAsync(server.mqttUrl, { username: name, password: token })
  onTestFinished(async () => void (await client.endAsync()))
  await client.publishAsync(`ajar/${name}/status`, JSON.stringify({ state: 'online', ...status }), { qos: 1 })
  return client
}

describe('what is told', () => {
  test('of devices goes as it comes, and goes with them', async () => {
    const client = await device('gate', { outboxFrames: 12, droppedFrames: 3 })
    const told = await until(async () => {
      const found = await samples()
      return found.has('ajar_device_outbox_frames{device="gate"}') && found
    })
    expect([...told].filter(([series]) => series.includes('gate'))).toEqual([
      ['ajar_device_connected{device="gate"}', 1],
      ['ajar_device_outbox_frames{device="gate"}', 12],
      ['ajar_device_dropped_frames_total{device="gate"}', 3],
    ])
    await client.publishAsync('ajar/gate/status', JSON.stringify({ state: 'online', outboxFrames: 4 }), { qos: 1 })
    await until(async () => (await samples()).get('ajar_device_outbox_frames{device="gate"}') === 4)
    await client.endAsync()
    await until(async () => (await samples()).get('ajar_device_connected{device="gate"}') === 0)
    await server.call('DELETE', '/api/devices/gate')
    await until(async () => ![...(await samples()).keys()].some((series) => series.includes('gate')))
  })

  test('of cameras is what they are in, since when, and when a frame came last', async () => {
    const told = await samples()
    expect(told.get('ajar_camera_state{camera="pi/cam",state="unknown"}')).toBe(1)
    for (const name of ['ajar_camera_state_age_seconds', 'ajar_camera_last_frame_age_seconds'])
      expect(told.get(`${name}{camera="pi/cam"}`)).toBeGreaterThanOrEqual(0)
    expect(told.get('ajar_frame_age_seconds_count')).toBe(1)
    await server.call('PATCH', '/api/cameras/pi/never', {})
    const [never] = [...(await samples()).keys()].filter((series) => series.includes('pi/never'))
    expect(never).toBe('ajar_camera_state{camera="pi/never",state="unknown"}')
  })

  test('of cameras goes with them, also what was counted', async () => {
    const registry = new Registry()
    const transitions = new Counter({ name: 't', help: 't', labelNames: ['camera', 'state'], registers: [registry] })
    let ids = ['pi/a', 'pi/b']
    const recorder = { state: () => ({ ...NOTHING, since: 1 }), receivedAt: () => 1 }
    tellCameras(registry, { sources: () => ids.map((id) => ({ id })), recorder }, transitions)
    for (const camera of ids) transitions.inc({ camera, state: 'open' })
    const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.includes('pi/'))
    await lines()
    expect(await lines()).toHaveLength(2 * 4)
    ids = ['pi/b']
    await lines()
    expect((await lines()).map((line) => line.includes('pi/b'))).toEqual([true, true, true, true])
  })

  test('of what waits is what lies in the tables', async () => {
    const database = await openStateDatabase(server.dataDir)
    onTestFinished(() => database.close())
    const before = await samples()
    // Switched off, and long put off: nobody looks at it meanwhile.
    await addRule(database, 'of-a-test', 'http://127.0.0.1:9999/')
    const far = Date.now() + 3_000_000
    const message = { rule: 'of-a-test', message: 'one', body_json: '{}', created_at: 0, attempts: 1, next_at: far }
    await database.write
      .insertInto('webhook_outbox')
      .values({ ...message, last_error: null })
      .execute()
    const alert = {
      rule: 'of-a-test',
      name: 'x',
      kind: 'state',
      since: 0,
      looked_at: 0,
      unseen_ms: 0,
      text: '',
    } as const
    const kinds = [
      { state: 'firing', severity: 'warning', subject: 'pi/a' },
      { state: 'firing', severity: 'warning', subject: 'pi/b' },
      { state: 'firing', severity: 'critical', subject: 'pi/c', acknowledged_at: 1, acknowledged_by: 'ann' },
      { state: 'resolved', severity: 'info', subject: 'pi/d', resolved_at: 1 },
    ] as const
    for (const kind of kinds)
      await database.write
        .insertInto('alerts')
        .values({ ...alert, was: '', value_json: 'null', fired_at: 0, ...kind })
        .execute()
    const told = await samples()
    expect(told.get('ajar_webhook_outbox')).toBe((before.get('ajar_webhook_outbox') ?? 0) + 1)
    const alerts = [...told].filter(([series]) => series.startsWith('ajar_alerts{'))
    expect(alerts).toHaveLength(9)
    expect(alerts.filter(([, number]) => number > 0)).toEqual([
      ['ajar_alerts{severity="warning",state="firing"}', 2],
      ['ajar_alerts{severity="critical",state="acknowledged"}', 1],
    ])
    expect([told.get('ajar_jobs{state="queued"}'), told.get('ajar_jobs{state="running"}')]).toEqual([0, 0])
  })

  test('grows with cameras by what the README says, and not with strangers', async () => {
    const count = async () => (await samples()).size
    const before = await count()
    for (let i = 0; i < 5; i++) {
      const frame = await server.send(`pi/more-${i}`, await plainJpeg(i))
      await server.ended(frame)
    }
    // `unknown` without a model is no change of state.
    expect((await count()) - before).toBe(5 * 3)
    for (let i = 0; i < 5; i++) {
      await mqtt
        .connectAsync(server.mqttUrl, { username: `stranger-${i}`, password: 'x', reconnectPeriod: 0 })
        .catch(() => {})
      await server.call('POST', '/server/post/keep_alive', { NAME: `stranger-${i}`, ID: i })
    }
    const strangers = [...(await samples()).keys()].filter((series) => series.includes('stranger'))
    expect(strangers).toEqual([])
    expect((await count()) - before).toBeLessThan(5 * 3 + 5)
  })
})

describe('promtool', () => {
  beforeEach((context) => needsProgram('promtool', 'prometheus', context))

  test('finds nothing to say of our metrics', async () => {
    const { said } = promtool(['check', 'metrics'], await metrics())
    expect(said.split('\n').filter((line) => /^ajar_|error/i.test(line))).toEqual([])
    // It does look: these are the library's own.
    expect(said).toContain('nodejs_active_handles_total')
  })

  test('takes the rules and what they are configured with', () => {
    expect(promtool(['check', 'rules', `${FOLDER}ajar.rules.yml`])).toMatchObject({ isContent: true })
    expect(promtool(['check', 'config', '--syntax-only', `${FOLDER}prometheus.yml`])).toMatchObject({ isContent: true })
  })

  test('finds that each rule fires when it should, and not before', () => {
    expect(promtool(['test', 'rules', `${FOLDER}ajar.rules.test.yml`])).toMatchObject({ isContent: true })
    const tested = readFileSync(`${FOLDER}ajar.rules.test.yml`, 'utf8')
    const alerts = [...RULES.matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
    expect(alerts.length).toBeGreaterThan(10)
    for (const name of alerts) {
      expect(tested).toMatch(new RegExp(`alertname: ${name}\n\\s+exp_alerts:\n`))
      expect(tested).toMatch(new RegExp(`alertname: ${name}, exp_alerts: \\[\\]`))
    }
  })
})

test('the rules ask for nothing that is not told, and the README names all that is', async () => {
  const told = await namesTold()
  const expressions = [...RULES.matchAll(/expr: (.*)/g)].map(([, expression = '']) => expression)
  const asked = expressions.flatMap((expression) => expression.match(/\bajar_\w+/g) ?? [])
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter((name) => !told.has(name))).toEqual([])
  const readme = readFileSync(`${FOLDER}README.md`, 'utf8')
  const named = new Set(readme.match(/\bajar_\w+/g))
  const isNamed = (name: string) =>
    named.has(name) || [...named].some((one) => one.endsWith('_') && name.startsWith(one))
  const ours = [...told].filter((name) => name.startsWith('ajar_') && !/_(bucket|sum|count)$/.test(name))
  expect(ours.filter((name) => !isNamed(name))).toEqual([])
  expect([...named].filter((name) => !name.endsWith('_') && !told.has(name))).toEqual([])
})

test('a real Prometheus reads all of it, and its rules work', { timeout: 90_000 }, async (context) => {
  needsProgram('prometheus', 'prometheus', context)
  const { token } = (await server.call('POST', '/api/tokens', { name: 'prometheus', role: 'viewer' })).body
  const prometheus = await Prometheus.start(onTestFinished, `127.0.0.1:${server.app.listening.http}`, token)
  const target = await until(async () => {
    const [one] = (await prometheus.ask('targets')).activeTargets
    return one?.health !== 'unknown' && one
  })
  expect([target.health, target.lastError]).toEqual(['up', ''])
  const [build] = await until(async () => {
    const found = await prometheus.query('ajar_build_info')
    return found.length > 0 && found
  })
  expect(build?.metric).toMatchObject({ job: 'ajar', version: expect.stringMatching(/^\d/) })
  const expected = [...(await namesTold())].filter((name) =>
    /^ajar_(camera_state|alerts|frames_pending|jobs$)/.test(name),
  )
  for (const name of expected) expect([name, (await prometheus.query(name)).length > 0]).toEqual([name, true])
  const rules = await until(async () => {
    const all = (await prometheus.ask('rules')).groups.flatMap(({ rules: of }: { rules: object[] }) => of)
    return all.every(({ health }: { health: string }) => health !== 'unknown') && all
  })
  expect(rules.filter(({ health }: { health: string }) => health !== 'ok')).toEqual([])
  expect(rules.length).toBe([...RULES.matchAll(/- alert: /g)].length)
})
