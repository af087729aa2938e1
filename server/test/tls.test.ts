import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { copyFile, rename, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { type AgentEvent, checkConfig, createAgent } from '@ajar/edge-agent'
import mqtt from 'mqtt'
import { beforeAll, describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { Authority, type CertificateFiles } from '../../test/setup/certificates.ts'
import { needsProgram } from '../../test/setup/needs.ts'
import { loggingFor, startApp } from '../src/index.ts'
import { Certificates } from '../src/tls/certificates.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, settingsFor, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

let authority: Authority
let files: CertificateFiles
beforeAll(async () => {
  authority = await Authority.create(afterFile)
  files = await authority.issue()
})

const tlsSettings = ({ certFile, keyFile }: CertificateFiles) => ({
  AJAR_TLS_CERT: certFile,
  AJAR_TLS_KEY: keyFile,
  AJAR_MQTTS_PORT: '0',
})

const start = (more: Record<string, string> = {}, pair = files) =>
  RunningServer.start(onTestFinished, { ...tlsSettings(pair), ...more })

/** Calls past the network, for what a test needs and is not about. */
async function ask(server: RunningServer, method: 'GET' | 'POST', url: string, payload?: object) {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  return (await server.app.http.inject({ method, url, headers, ...(payload ? { payload } : {}) })).json()
}

const checkOf = async (server: RunningServer, name: string) =>
  (await ask(server, 'GET', '/api/health/ready')).checks.find((check: { name: string }) => check.name === name)

/** A real HTTPS call, on a connection of its own. */
async function getSecurely(port: number, path: string, headers: Record<string, string> = {}): Promise<number> {
  const call = request({ host: 'localhost', port, path, headers, ca: readFileSync(authority.caFile), agent: false })
  call.end()
  const [answer] = await once(call, 'response')
  answer.resume()
  return answer.statusCode
}

/** The serial number of the certificate that a new connection is shown. */
async function shownAt(port: number): Promise<string> {
  const socket = connectTls({ port, host: 'localhost', ca: readFileSync(authority.caFile) })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

const publishWithMosquitto = (port: number, password: string, caFile: string, topic: string, file: string) =>
  promisify(execFile)('mosquitto_pub', [
    ...['-h', 'localhost', '-p', String(port), '--cafile', caFile],
    ...['-i', 'gate', '-u', 'gate', '-P', password, '-q', '1', '-t', topic, '-f', file],
  ])

describe('a certificate that cannot be used stops the start, and says why', () => {
  const startWith = async (pair: Partial<CertificateFiles>) => {
    const settings = settingsFor(await temporaryFolder(onTestFinished), tlsSettings({ ...files, ...pair }))
    const app = await startApp(
      settings,
      loggingFor(settings, () => {}),
    ) // ends with the test where it should not have begun
    onTestFinished(() => app.close())
  }

  test.each([
    ['missing', async () => ({ certFile: '/none.pem' }), /none\.pem cannot be read \(ENOENT\)/],
    ['no PEM', async () => ({ certFile: files.keyFile }), /holds no PEM certificate/],
    ['no key', async () => ({ keyFile: files.certFile }), /holds no PEM key/],
    ['of another key', async () => ({ keyFile: (await authority.issue()).keyFile }), /does not belong to/],
  ])('%s', async (_, pair, message) => {
    const error = await startWith(await pair()).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'bad_settings', message: expect.stringMatching(message) })
  })

  test('one file without the other', () => {
    expect(() => settingsFor('data', { AJAR_TLS_KEY: files.keyFile })).toThrow('both or neither')
  })
})

describe('a certificate out of its time does not keep the server from starting', () => {
  /** The certificates by a clock that is told. */
  async function startAt(now: number, pair: CertificateFiles) {
    const said: string[] = []
    const clock = { now }
    const log = { error: (text: string) => said.push(text), info() {}, warn() {} } as never
    const certificates = new Certificates({ files: pair, log, now: () => clock.now })
    onTestFinished(() => certificates.close())
    await certificates.start()
    return { certificates, said, clock }
  }

  test('where the clock begins in 1970, all is well when it is put right', async () => {
    const { certificates, said, clock } = await startAt(0, files)
    const trouble = { level: 'error', text: expect.stringMatching(/valid from .*check the clock/) }
    expect(certificates.trouble).toEqual(trouble)
    expect(said).toEqual([certificates.trouble?.text])
    clock.now = Date.now()
    await certificates.reload()
    expect(certificates.trouble).toBeNull()
  })

  test('one that has expired is served, health and the log say so, and the next is taken', async () => {
    const folder = await temporaryFolder(onTestFinished)
    const live = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
    const write = async ({ certFile, keyFile }: CertificateFiles) => {
      await copyFile(certFile, live.certFile)
      await copyFile(keyFile, live.keyFile)
    }
    await write(await authority.issue({ days: -1 }))
    const { said } = await startAt(Date.now(), live)
    expect(said).toEqual([expect.stringMatching(/expired on .*renewed/)])

    const server = await start({}, live)
    const { http, mqtts } = server.app.listening
    await expect(getSecurely(http, '/api/health/live')).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' })
    await expect(shownAt(mqtts ?? 0)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' })
    expect(await checkOf(server, 'certificate')).toMatchObject({
      level: 'error',
      text: expect.stringMatching(/expired/),
    })
    await write(files)
    await until(async () => (await checkOf(server, 'certificate')).level === 'ok')
    expect(await getSecurely(http, '/api/health/live')).toBe(200)
  })
})

describe('with a certificate', () => {
  test('HTTP is HTTPS, and mosquitto_pub publishes over MQTTS; one that trusts another CA does not', async (context: TestContext) => {
    needsProgram('mosquitto_pub', 'mosquitto-clients', context)
    const server = await start()
    const { http, mqtts } = server.app.listening
    const { token } = await ask(server, 'POST', '/api/devices', { name: 'gate' })
    const file = join(server.dataDir, 'frame.jpg')
    await writeFile(file, await plainJpeg())
    await publishWithMosquitto(mqtts ?? 0, token, authority.caFile, 'ajar/gate/cam/frame', file)
    expect(await getSecurely(http, '/api/health/live')).toBe(200)
    const frames = async () => (await ask(server, 'GET', '/api/frames?camera=gate%2Fcam')).items?.length
    await until(async () => (await frames()) === 1)
    const other = await Authority.create(onTestFinished)
    await expect(publishWithMosquitto(mqtts ?? 0, token, other.caFile, 'ajar/gate/cam/frame', file)).rejects.toThrow()
    expect(await frames()).toBe(1)
  })

  test('plain text on the TLS ports brings nobody down', async () => {
    const server = await start()
    const { http, mqtts } = server.app.listening
    const answers = []
    for (const port of [http, mqtts ?? 0]) {
      const socket = connectTcp(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
      let answer = ''
      socket.on('data', (bytes) => {
        answer += bytes
      })
      await once(socket, 'close')
      answers.push(answer)
    }
    // A browser shows it to whoever left the s out; to MQTT clients it would be noise.
    expect(answers).toEqual([
      expect.stringMatching(/^HTTP\/1\.1 400 [\s\S]*this port speaks HTTPS/),
      expect.any(String),
    ])
    expect(await getSecurely(http, '/api/health/live')).toBe(200)
  })

  test('what only offers another protocol is answered as ever', async () => {
    const server = await start()
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }
    expect(await getSecurely(server.app.listening.http, '/api/health/live', headers)).toBe(200)
  })

  test('an agent sends its frames over wss', async () => {
    const server = await start({ AJAR_MQTT_PORT: 'off' })
    const { token } = await ask(server, 'POST', '/api/devices', { name: 'gate' })
    const events: AgentEvent[] = []
    const config = checkConfig({
      device: 'gate',
      token,
      server: `wss://localhost:${server.app.listening.http}/mqtt`,
      ca: authority.caFile,
      dataDir: join(server.dataDir, 'agent'),
      cameras: [{ name: 'cam', driver: 'synthetic', intervalMs: 50 }],
    })
    const agent = createAgent(config, { onEvent: (event) => events.push(event) })
    onTestFinished(() => agent.close())
    await agent.start()
    await until(async () => (await ask(server, 'GET', '/api/frames?camera=gate%2Fcam')).items?.length >= 3)
    expect(server.app.listening.mqtt).toBeNull()
    expect(events.map(({ state }) => state)).toEqual(['started', 'connected'])
  })
})

describe('a certificate that is renewed', () => {
  /** A folder as certbot keeps it: links under names that stay. */
  async function liveFolder(pair: CertificateFiles) {
    const folder = await temporaryFolder(onTestFinished)
    const live = { certFile: join(folder, 'fullchain.pem'), keyFile: join(folder, 'privkey.pem') }
    const link = async (target: string, path: string) => {
      await symlink(target, `${path}.new`)
      await rename(`${path}.new`, path)
    }
    const put = async ({ certFile, keyFile }: CertificateFiles) => {
      await link(certFile, live.certFile)
      await link(keyFile, live.keyFile)
    }
    await put(pair)
    return { live, put }
  }

  test('is shown to new connections; those that are open go on', async () => {
    const { live, put } = await liveFolder(files)
    const server = await start({}, live)
    const { http, mqtts } = server.app.listening
    const { token } = await ask(server, 'POST', '/api/devices', { name: 'gate' })
    const options = { clientId: 'gate', username: 'gate', password: token, reconnectPeriod: 0 }
    const client = await mqtt.connectAsync(`mqtts://localhost:${mqtts}`, {
      ...options,
      ca: readFileSync(authority.caFile),
    })
    onTestFinished(() => void client.end(true))
    const before = await shownAt(http)
    await put(await authority.issue())
    await until(async () => (await shownAt(http)) !== before)
    expect(await shownAt(mqtts ?? 0)).toBe(await shownAt(http))
    await client.publishAsync('ajar/gate/status', '{"state":"online"}', { qos: 1 })
    expect(client.connected).toBe(true)
  })

  test('and cannot be used changes nothing, and health says what is wrong until it is put right', async () => {
    const { live, put } = await liveFolder(files)
    const server = await start({}, live)
    const before = await shownAt(server.app.listening.http)
    expect(await checkOf(server, 'certificate')).toMatchObject({ level: 'ok' })
    const next = await authority.issue()
    await put({ ...next, keyFile: files.keyFile })
    const check = await until(async () => {
      const found = await checkOf(server, 'certificate')
      return found.level === 'warn' ? found : null
    })
    expect(check.text).toMatch(/does not belong to .*the certificate from before is used/)
    expect(await shownAt(server.app.listening.http)).toBe(before)
    await put(await authority.issue({ days: -1 }))
    await until(async () => /expired.*from before is used/.test((await checkOf(server, 'certificate')).text))
    expect(await shownAt(server.app.listening.http)).toBe(before)
    await put(next)
    await until(async () => (await checkOf(server, 'certificate')).level === 'ok')
    expect(await shownAt(server.app.listening.http)).not.toBe(before)
  })

  test('in place, by writing over the files, is taken too', async () => {
    const folder = await temporaryFolder(onTestFinished)
    const live = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
    const write = async ({ certFile, keyFile }: CertificateFiles) => {
      await copyFile(certFile, live.certFile)
      await copyFile(keyFile, live.keyFile)
    }
    await write(files)
    const server = await start({}, live)
    const before = await shownAt(server.app.listening.http)
    await write(await authority.issue())
    await until(async () => (await shownAt(server.app.listening.http)) !== before)
  })
})

describe('health', () => {
  test('warns of a certificate that expires soon', async () => {
    const server = await start({}, await authority.issue({ days: 5 }))
    expect(await checkOf(server, 'certificate')).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/expires in [45] days/),
    })
  })

  test('warns of plain MQTT beside TLS off loopback, and says how it is switched off', async () => {
    const open = await start({ AJAR_MQTT_HOST: '0.0.0.0' })
    expect(await checkOf(open, 'listeners')).toMatchObject({
      level: 'warn',
      text: expect.stringContaining('AJAR_MQTT_PORT=off'),
    })
    const closed = await start({ AJAR_MQTT_HOST: '0.0.0.0', AJAR_HTTP_HOST: '0.0.0.0', AJAR_MQTT_PORT: 'off' })
    expect(await checkOf(closed, 'listeners')).toMatchObject({ level: 'ok' })
    expect(closed.app.listening.mqtt).toBeNull()
  })
})
