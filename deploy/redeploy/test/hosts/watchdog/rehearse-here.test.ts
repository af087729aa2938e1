import { expect, onTestFinished, test } from 'vitest'
import type { Rehearsal } from '../../../src/host.ts'
import { rehearseHere } from '../../../src/hosts/watchdog/rehearse-here.ts'
import { folder, releaseOf } from '../../source/release-of.ts'

/** Listens as the server does, answers with its environment, and ends by itself where it is asked to. */
const SERVER = `
import { createServer } from 'node:http'
console.log('for people')
console.log('{"other":1}')
process.on('disconnect', () => process.exit(0))
const server = createServer((request, response) => {
  if (request.url === '/crash') process.exit(7)
  response.end(JSON.stringify(process.env))
}).listen(Number(process.env.AJAR_HTTP_PORT), process.env.AJAR_HTTP_HOST, () =>
  console.log(JSON.stringify({ listening: { http: server.address().port, mqtt: null } })))
`

function rehearsal(server: string, more: { signal?: AbortSignal; environment?: Record<string, string> } = {}) {
  const logged: string[] = []
  const environment = { ...process.env, ...more.environment }
  const options = {
    dataDir: folder(),
    log: (_: unknown, line: string) => logged.push(line),
    signal: more.signal ?? new AbortController().signal,
  }
  return { logged, options, started: rehearseHere(releaseOf(server), environment, options) }
}

async function urlOf(rehearsal: Rehearsal): Promise<string> {
  while (rehearsal.url.endsWith(':0')) await new Promise((wait) => setTimeout(wait, 20))
  return rehearsal.url
}

test('the server of the release runs on the copy, with nothing of the real one', async () => {
  const environment = {
    AJAR_HTTP_HOST: '0.0.0.0',
    AJAR_HTTP_PORT: '20002',
    AJAR_MQTT_PORT: '1883',
    AJAR_DEPLOY_DIR: '/opt/ajar',
    AJAR_LOG_FILE: '/var/log/ajar/ajar.log',
    AJAR_INFLUX_URL: 'http://127.0.0.1:8086/ajar',
  }
  const { logged, options, started } = rehearsal(SERVER, { environment })
  const running = await started
  const { ended, stop } = running
  onTestFinished(stop)
  const its = (await (await fetch(await urlOf(running))).json()) as Record<string, string>
  expect(its).toMatchObject({
    AJAR_REHEARSAL: '1',
    AJAR_DATA_DIR: options.dataDir,
    AJAR_HTTP_HOST: '127.0.0.1',
    AJAR_HTTP_PORT: '0',
    AJAR_MQTT_PORT: '0',
    AJAR_INFLUX_URL: 'http://127.0.0.1:8086/ajar',
  })
  for (const name of ['AJAR_DEPLOY_DIR', 'AJAR_LOG_FILE', 'AJAR_MQTTS_PORT']) expect(its).not.toHaveProperty(name)
  expect(logged).toEqual(['for people'])
  await stop()
  expect(await ended).toBe('it ended (SIGTERM)\nfor people')
})

test('MQTT stays off, and the port of MQTTS is none of the real one', async () => {
  const environment = { AJAR_MQTT_PORT: 'off', AJAR_MQTTS_PORT: '8883', AJAR_TLS_CERT: '/etc/ajar/cert.pem' }
  const { started } = rehearsal(SERVER, { environment })
  const running = await started
  onTestFinished(running.stop)
  expect(await (await fetch(await urlOf(running))).json()).toMatchObject({
    AJAR_MQTT_PORT: 'off',
    AJAR_MQTTS_PORT: '0',
  })
})

test('one that ends later says what it said last', async () => {
  const { started } = rehearsal(SERVER)
  const running = await started
  await fetch(`${await urlOf(running)}/crash`).catch(() => {})
  expect(await running.ended).toBe('it ended (7)\nfor people')
})

test('one that ends before it listens says why, and so does a release without a Node of its own', async () => {
  const { url, ended } = await rehearsal("throw new Error('the migration failed')").started
  expect(url, 'nowhere').toBe('http://127.0.0.1:0')
  expect(await ended).toMatch(/^it ended \(1\)[\s\S]*the migration failed/)
  const options = { dataDir: folder(), log: () => {}, signal: new AbortController().signal }
  expect(await (await rehearseHere(folder(), {}, options)).ended).toMatch(/^it cannot be started: .*ENOENT/)
})

test('one that never listens is ended by the signal', async () => {
  const leaving = new AbortController()
  const { ended } = await rehearsal('setInterval(() => {}, 1000)', { signal: leaving.signal }).started
  leaving.abort()
  expect(await ended).toBe('it ended (SIGKILL)')
  await expect(rehearsal('', { signal: leaving.signal }).started).rejects.toThrow(/abort/)
})
