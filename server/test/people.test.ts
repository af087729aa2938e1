import { readFileSync } from 'node:fs'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { ADMIN_TOKEN, RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PASSWORD = 'correct horse battery'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/users', { name: 'ann', password: PASSWORD, role: 'operator' })
})

const signIn = (name: string, password: string, at = server) =>
  at.call('POST', '/api/sessions', { name, password }, null)

test('a person signs in, does what the role allows, and signs out', async () => {
  const { status, body } = await signIn('ann', PASSWORD)
  expect(status).toBe(201)
  expect(body).toMatchObject({ role: 'operator', user: 'ann', disabled: false })
  expect((await server.call('POST', '/api/devices', { name: 'a' }, body.token)).status).toBe(201)
  expect((await server.call('GET', '/api/users', undefined, body.token)).status).toBe(403)
  expect((await server.call('DELETE', '/api/sessions', undefined, body.token)).status).toBe(204)
  expect((await server.call('GET', '/api/devices', undefined, body.token)).status).toBe(401)
})

test('a wrong password and an unknown name are told alike', async () => {
  const [wrong, unknown] = [await signIn('ann', 'something else'), await signIn('bob', PASSWORD)]
  expect(wrong.status).toBe(401)
  expect(unknown.body).toEqual(wrong.body)
})

test('a change of a person ends the sign-ins', async () => {
  await server.call('POST', '/api/users', { name: 'eve', password: PASSWORD, role: 'admin' })
  const { token } = (await signIn('eve', PASSWORD)).body
  await server.call('PATCH', '/api/users/eve', { disabled: true })
  expect((await server.call('GET', '/api/users', undefined, token)).status).toBe(401)
  expect((await signIn('eve', PASSWORD)).status).toBe(401)
})

test.each([null, 'false', 0])(
  '`disabled: %j` is refused: it does not let a disabled person in again',
  async (disabled) => {
    await server.call('POST', '/api/users', { name: 'joe', password: PASSWORD, role: 'viewer' })
    await server.call('PATCH', '/api/users/joe', { disabled: true })
    const refused = await server.call('PATCH', '/api/users/joe', { disabled })
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'bad_request', field: 'disabled' } } })
    const { items } = (await server.call('GET', '/api/users')).body
    expect(items.find(({ name }: { name: string }) => name === 'joe').disabled).toBe(true)
  },
)

test('a sign-in that overlaps the end of the person does not outlive it', async () => {
  await server.call('POST', '/api/users', { name: 'max', password: PASSWORD, role: 'viewer' })
  const [signedIn] = await Promise.all([signIn('max', PASSWORD), server.call('DELETE', '/api/users/max')])
  if (signedIn.status === 201)
    expect((await server.call('GET', '/api/cameras', undefined, signedIn.body.token)).status).toBe(401)
  expect((await server.call('GET', '/api/users')).body.items.map(({ name }: { name: string }) => name)).not.toContain(
    'max',
  )
})

test('a name is taken once, also by two at the same time', async () => {
  const add = () => server.call('POST', '/api/users', { name: 'twin', password: PASSWORD, role: 'viewer' })
  const statuses = (await Promise.all([add(), add()])).map(({ status }) => status)
  expect(statuses.sort()).toEqual([201, 409])
  const device = () => server.call('POST', '/api/devices', { name: 'twin' })
  expect((await Promise.all([device(), device()])).map(({ status }) => status).sort()).toEqual([201, 409])
})

test('passwords are kept as scrypt only', () => {
  const kept = ['state.db', 'state.db-wal'].map((name) => readFileSync(`${server.dataDir}/${name}`))
  expect(kept.some((bytes) => bytes.includes('scrypt$131072$8$1$'))).toBe(true)
  expect(kept.some((bytes) => bytes.includes(PASSWORD))).toBe(false)
})

test('guessing is slowed down: after ten tries in a minute there are no more', async () => {
  const guarded = await RunningServer.start(onTestFinished)
  const tries = []
  for (let i = 0; i < 12; i++) tries.push((await signIn('nobody', 'guess', guarded)).status)
  expect(tries).toEqual([...Array(10).fill(401), 429, 429])
  expect((await signIn('nobody', 'guess', guarded)).body.error.code).toBe('too_many_requests')
})

test('the first start makes an admin token, a second does not; the one of the settings can be changed there', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const start = (token: string) =>
    RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir, AJAR_ADMIN_TOKEN: token })
  const works = async (at: RunningServer, token: string) =>
    (await at.call('GET', '/api/tokens', undefined, token)).status === 200

  const first = await start('')
  const made = first.app.adminToken ?? ''
  expect(await works(first, made)).toBe(true)
  await first.app.close()
  const second = await start('')
  expect(second.app.adminToken).toBeNull()
  expect(await works(second, made)).toBe(true)
  await second.app.close()

  const third = await start(ADMIN_TOKEN)
  expect(await works(third, ADMIN_TOKEN)).toBe(true)
  await third.app.close()
  const fourth = await start('another-admin-token')
  expect([await works(fourth, ADMIN_TOKEN), await works(fourth, 'another-admin-token')]).toEqual([false, true])
  const { items } = (await fourth.call('GET', '/api/tokens', undefined, made)).body
  const ours = items.find(({ id }: { id: string }) => id === 'settings')
  await fourth.call('PATCH', `/api/tokens/${ours.id}`, { disabled: true }, made)
  await fourth.app.close()
  // What an admin has disabled stays so.
  const fifth = await start('another-admin-token')
  expect(await works(fifth, 'another-admin-token')).toBe(false)
})

test('an admin token that the settings no longer name works no more; another is made where no admin is left', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const start = (token: string) =>
    RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir, AJAR_ADMIN_TOKEN: token })
  const first = await start(ADMIN_TOKEN)
  expect(first.app.adminToken).toBeNull()
  await first.app.close()
  const second = await start('')
  expect((await second.call('GET', '/api/tokens', undefined, ADMIN_TOKEN)).status).toBe(401)
  expect((await second.call('GET', '/api/tokens', undefined, second.app.adminToken ?? '')).status).toBe(200)
})
