import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoKeys } from '../src/demo-keys.ts'
import { Api, type RunningServer, startServer } from '../src/index.ts'

const ADMIN = 'an-admin-token-of-this-test'
const DEVICE = 'demo-pi'

let folder: string
let server: RunningServer
let admin: Api

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ajar-demo-keys-'))
  server = await startServer({
    environment: {
      AJAR_DATA_DIR: join(folder, 'data'),
      AJAR_HTTP_HOST: '127.0.0.2',
      AJAR_HTTP_PORT: '0',
      AJAR_MQTT_HOST: '0.0.0.0',
      AJAR_MQTT_PORT: '0',
      AJAR_ADMIN_TOKEN: ADMIN,
    },
  })
  admin = new Api(server, ADMIN)
})

afterAll(async () => {
  await server?.process.stop()
  await rm(folder, { recursive: true, force: true })
})

const keysOf = (adminToken: string | null) => demoKeys(server, join(folder, 'demo'), DEVICE, adminToken)

test('the server is reached where it listens, and on loopback where it listens everywhere', async () => {
  expect(server.http).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/)
  expect(server.mqtt).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/)
  await admin.get('/api/devices')
})

test('keys are made once, and kept where only their owner reads them', async () => {
  expect(await keysOf(null)).toBeNull()
  const keys = await keysOf(ADMIN)
  expect(await keysOf(null)).toEqual(keys)
  expect((await stat(join(folder, 'demo', 'keys.json'))).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'demo'))).toEqual(['keys.json'])
})

test('a start that was killed between the two keys goes on without an admin token', async () => {
  const file = join(folder, 'demo', 'keys.json')
  const { api, device } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ api }))
  const keys = await keysOf(null)
  expect(keys?.api).toBe(api)
  expect(keys?.device).not.toBe(device)
  await admin.send('DELETE', `/api/devices/${DEVICE}`)
  expect((await keysOf(null))?.device).not.toBe(keys?.device)
})

test('a token that was revoked is made anew with an admin token, and nothing fails without one', async () => {
  const { items } = await admin.get<{ items: { id: string; name: string }[] }>('/api/tokens')
  const before = await keysOf(null)
  for (const { id } of items.filter(({ name }) => name === 'demo')) await admin.send('DELETE', `/api/tokens/${id}`)
  expect(await keysOf(null)).toBeNull()
  expect(await keysOf('no-admin-token-at-all')).toBeNull()
  const after = await keysOf(ADMIN)
  expect(after?.api).not.toBe(before?.api)
  expect(await keysOf(null)).toEqual(after)
})
