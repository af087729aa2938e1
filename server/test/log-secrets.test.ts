import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { plainJpeg } from './pictures.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Whatever is used to prove who one is, right or wrong, never stands in a log, whatever the level. */

const MAIN = join(import.meta.dirname, '../src/main.ts')
const ADMIN = 'the-first-admin-token-of-this-test'
const INFLUX_PASSWORD = 'influx pass/word'
const WRONG = 'a-wrong-secret-that-somebody-tried'
const PASSWORDS = ['first password of ann', 'second password of ann', 'not the password of ann']

/** An InfluxDB that refuses everything, and quotes what it was sent, as proxies do. */
async function quotingInfluxDb(): Promise<number> {
  const server = createServer((request, response) => {
    response.statusCode = 401
    response.end(JSON.stringify({ error: `refused ${request.url} ${JSON.stringify(request.headers)}` }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function run(environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...environment } })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const ports = await until(() => {
    if (child.exitCode !== null) throw new Error(said)
    return /\{"listening":(\{.*?\})/.exec(said)?.[1]
  })
  const { http, mqtt: broker } = JSON.parse(ports)
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  return { http: `http://127.0.0.1:${http}`, broker: `mqtt://127.0.0.1:${broker}`, said: () => said, stop }
}

test('no token and no password is logged', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder(onTestFinished)
  const logFile = join(folder, 'log', 'ajar.log')
  const influx = `http://ann:${encodeURIComponent(INFLUX_PASSWORD)}@127.0.0.1:${await quotingInfluxDb()}/doors`
  const server = await run({
    ...{ AJAR_DATA_DIR: join(folder, 'data'), AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0', AJAR_CLASSIFY_WORKERS: '1' },
    ...{ AJAR_ADMIN_TOKEN: ADMIN, AJAR_LOG_LEVEL: 'trace', AJAR_LOG_FILE: logFile, AJAR_INFLUX_URL: influx },
  })
  const secrets = new Set([ADMIN, INFLUX_PASSWORD, encodeURIComponent(INFLUX_PASSWORD), WRONG, ...PASSWORDS])
  secrets.add(Buffer.from(`ann:${INFLUX_PASSWORD}`).toString('base64'))
  const call = async (method: string, path: string, body?: unknown, headers: object = bearer(ADMIN)) => {
    const response = await fetch(server.http + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const cookie = /ajar_session=([\w-]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1]
    if (cookie) secrets.add(cookie)
    const answer = (await response.json().catch(() => ({}))) as { token: string; ticket: string }
    for (const secret of [answer.token, answer.ticket]) if (secret) secrets.add(secret)
    return { status: response.status, answer, cookie }
  }
  const connect = (url: string, username: string, password: string, clientId = username) =>
    mqtt.connectAsync(url, { clientId, username, password, reconnectPeriod: 0 }, false)
  const [first = '', second = '', wrongPassword = ''] = PASSWORDS

  // People.
  await call('POST', '/api/users', { name: 'ann', password: first, role: 'operator' })
  const signedIn = await call('POST', '/api/sessions', { name: 'ann', password: first }, {})
  expect(signedIn.status).toBe(201)
  const console = await call('POST', '/api/session', { token: ADMIN }, {})
  expect(console.status).toBe(200)
  await call('GET', '/api/cameras', undefined, { cookie: `ajar_session=${console.cookie}` })
  await call('POST', '/api/session', { token: WRONG }, {})
  await call('POST', '/api/sessions', { name: 'ann', password: wrongPassword }, {})
  await call('POST', '/api/sessions', { name: 'ann', passwrd: wrongPassword }, {})
  await call('POST', '/api/sessions', `{"name":"ann","password":"${wrongPassword}"`, {}) // no JSON
  await call('PATCH', '/api/users/ann', { password: second })
  await call('POST', '/api/sessions', { name: 'ann', password: second }, {})

  // Tokens: made, used, wrong, and in addresses where they do not belong.
  await call('POST', '/api/tokens', { name: 'display', role: 'viewer' })
  await call('GET', '/api/cameras', undefined, bearer(WRONG))
  await call('GET', '/api/cameras', undefined, { authorization: `Token ${WRONG}` })
  await call('GET', `/api/cameras?token=${WRONG}`)
  await call('GET', `/api/nowhere?access_token=${signedIn.answer.token}`)
  await call('GET', `/api/nowhere/${signedIn.answer.token}`)
  await call('GET', `/mqtt?token=${WRONG}`, undefined, {})
  await call('POST', `/api/training?token=${WRONG}`, { camera: WRONG })

  // Devices and watchers over MQTT.
  const device = await call('POST', '/api/devices', { name: 'pi' })
  const client = await connect(server.broker, 'pi', device.answer.token)
  await client.publishAsync('ajar/pi/door/frame', Buffer.from(await plainJpeg(1)), { qos: 1 })
  await connect(server.broker, 'pi', WRONG, 'pi\n00:00:00.000 info server: forged').catch(() => {})
  await connect(server.broker, 'token', WRONG).catch(() => {})
  await (await connect(server.broker, 'token', ADMIN)).endAsync(true)
  const { answer } = await call('POST', '/api/mqtt-tickets')
  const page = `${server.http.replace('http', 'ws')}/mqtt`
  await (await connect(page, 'ticket', answer.ticket)).endAsync(true)
  await connect(page, 'ticket', answer.ticket).catch(() => {}) // it is used up
  await call('POST', '/api/devices/pi/credential', {})
  await client.endAsync(true)
  await until(() => server.said().includes('InfluxDB'))

  const recent = JSON.stringify((await call('GET', '/api/logs?limit=1000')).answer)
  const health = JSON.stringify((await call('GET', '/api/health/ready')).answer)
  await server.stop()
  const places = { recent, health, standardOutput: server.said(), file: await readFile(logFile, 'utf8') }
  expect(secrets.size).toBeGreaterThan(14)
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) expect(text.includes(secret), `${secret} in ${place}`).toBe(false)
    expect(text).not.toMatch(/^00:00:00\.000 info server: forged/m)
  }
  for (const place of ['recent', 'file'] as const) {
    expect(places[place]).toContain('request answered')
    expect(places[place]).toContain('frame recorded')
  }
})

function bearer(token: string) {
  return { authorization: `Bearer ${token}` }
}
