import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../../test/setup/after-file.ts'
import { Authority } from '../../../test/setup/certificates.ts'
import { Api, type MachineLine, type RunningServer, startAgent, startServer } from '../src/index.ts'

const ADMIN = 'the-admin-token-of-this-test'

let folder: string
let authority: Authority
let server: RunningServer
const lines: MachineLine[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ajar-local-tls-'))
  authority = await Authority.create(afterFile)
  // For another name than the one by which this machine reaches it, as a certificate of a public name is.
  const { certFile, keyFile } = await authority.issue({ names: 'DNS:door.example' })
  server = await startServer({
    environment: {
      AJAR_DATA_DIR: join(folder, 'data'),
      AJAR_HTTP_PORT: '0',
      AJAR_MQTT_PORT: 'off',
      AJAR_MQTTS_PORT: '0',
      AJAR_TLS_CERT: certFile,
      AJAR_TLS_KEY: keyFile,
      AJAR_ADMIN_TOKEN: ADMIN,
    },
    onMachineLine: (line) => lines.push(line),
  })
})

afterAll(async () => {
  await server?.process.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the machine line says where TLS listens', () => {
  const port = expect.any(Number)
  expect(lines).toContainEqual({ listening: { http: port, mqtt: null, mqtts: port, tls: true } })
  expect(server.http).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect(server.mqtt).toMatch(/^mqtts:\/\/127\.0\.0\.1:\d+$/)
})

test('the server is called by the certificate that its settings name, and by no other', async () => {
  const devices = await new Api(server, ADMIN).get<{ items: unknown[] }>('/api/devices')
  expect(devices.items).toEqual([])
  await expect(new Api(server, 'another-token').get('/api/devices')).rejects.toMatchObject({ code: 'bad_token' })
  const { certFile } = await authority.issue()
  const deceived = new Api({ http: server.http, ca: certFile }, ADMIN)
  await expect(deceived.get('/api/devices')).rejects.toThrow(/certificate/)
})

test('an agent is started with it', async () => {
  const { token } = await new Api(server, ADMIN).send<{ token: string }>('POST', '/api/devices', { name: 'gate' })
  const config = join(folder, 'agent.json')
  const cameras = [{ name: 'cam', driver: 'synthetic', intervalMs: 60_000 }]
  const dataDir = join(folder, 'agent')
  await writeFile(
    config,
    JSON.stringify({ device: 'gate', token, server: server.mqtt, ca: server.ca, dataDir, cameras }),
  )
  const { promise: connected, resolve } = Promise.withResolvers<void>()
  const agent = startAgent(config, {
    onMachineLine: (line) => (line.agent as { state: string }).state === 'connected' && resolve(),
  })
  onTestFinished(() => agent.stop())
  await connected
})
