import { sql } from 'kysely'
import mqtt from 'mqtt'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { NAMES_OF_CAMERA } from '../src/database/camera-rows.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { EventStream } from './event-stream.ts'
import { CAMERA, door, label, train } from './lesson.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const camera = async (id: string) => (await server.call('GET', `/api/cameras/${id}`)).body
const rename = (from: string, to: string) => server.call('POST', `/api/cameras/${from}/rename`, { to })
const framesOf = async (id: string) =>
  (await server.call('GET', `/api/frames?camera=${id}&limit=1000`)).body.items.map((one: { id: string }) => one.id)

test('a camera takes its whole past along, and frames under its old name are its own', {
  timeout: 120_000,
}, async () => {
  const watcher = await mqtt.connectAsync(server.mqttUrl, { username: 'token', password: ADMIN_TOKEN })
  onTestFinished(() => watcher.endAsync(true))
  const retained = new Map<string, string>()
  watcher.on('message', (topic, payload) => retained.set(topic, payload.toString()))
  await watcher.subscribeAsync('ajar/+/+/state', { qos: 1 })
  const stream = await EventStream.open(onTestFinished, server.url, { token: ADMIN_TOKEN, query: '?kinds=camera' })

  const lesson = await label(server, 6)
  await train(server)
  await server.call('PATCH', `/api/cameras/${CAMERA}`, { debounce: 1 })
  const last = await server.send(CAMERA, await door('open', 50))
  await server.ended(last)
  await until(() => retained.get(`ajar/${CAMERA}/state`)?.includes(last))

  await server.call('POST', '/api/devices', { name: 'other-pi' })
  const answer = await rename(CAMERA, 'other-pi/gate')
  expect(answer).toMatchObject({
    status: 200,
    body: { id: 'other-pi/gate', device: 'other-pi', camera: 'gate', aliases: [CAMERA], model: `${CAMERA}@1` },
  })
  const now = (frame: string) => frame.replace(CAMERA, 'other-pi/gate')
  expect((await framesOf('other-pi/gate')).sort()).toEqual([...lesson, last].map(now).sort())
  expect((await server.call('GET', `/api/frames/${now(lesson[0] ?? '')}`)).body.label).toBe('open')
  expect((await server.call('GET', `/api/frames/${now(lesson[0] ?? '')}/image`)).status).toBe(200)
  expect((await camera('other-pi/gate')).state.frame).toBe(now(last))
  for (const path of [`/api/cameras/${CAMERA}`, `/api/frames/${lesson[0]}`, `/api/frames/${lesson[0]}/image`])
    expect(await server.call('GET', path)).toMatchObject({ status: 404, body: { error: { code: 'camera_renamed' } } })
  await until(() => retained.get('ajar/other-pi/gate/state')?.includes(now(last)))
  await until(() => retained.get(`ajar/${CAMERA}/state`) === '')
  await until(() => stream.events.some(({ data }) => data.change === 'renamed'))
  const told = stream.events.find(({ data }) => data.change === 'renamed')?.data
  expect(told).toEqual({ camera: CAMERA, change: 'renamed', to: 'other-pi/gate' })

  const under = await server.send(CAMERA, await door('closed', 51))
  expect(under.startsWith('other-pi/gate/')).toBe(true)
  expect((await server.ended(under)).result.model).toBe(`${CAMERA}@1`)
  const again = await train(server, { camera: 'other-pi/gate' })
  expect(again.result).toMatchObject({ model: 'other-pi/gate@2' })

  // The old name is freed, and taken by another camera: its models are numbered on.
  const freed = await server.call('DELETE', `/api/cameras/other-pi/gate/aliases/${CAMERA}`)
  expect(freed.status).toBe(204)
  await label(server, 4, 100)
  expect((await train(server)).result.model).toBe(`${CAMERA}@2`)
  expect(
    (await server.call('GET', '/api/models?camera=other-pi/gate')).body.items.map(({ id }: { id: string }) => id),
  ).toEqual(['other-pi/gate@2', `${CAMERA}@1`])
})

test('there and back again, and on', async () => {
  const frame = await server.send('pi/one', await plainJpeg(1))
  await server.ended(frame)
  await rename('pi/one', 'pi/two')
  expect((await rename('pi/two', 'pi/one')).body).toMatchObject({ id: 'pi/one', aliases: ['pi/two'] })
  expect(await framesOf('pi/one')).toEqual([frame])
  await rename('pi/one', 'pi/three')
  expect((await rename('pi/three', 'pi/four')).body.aliases.sort()).toEqual(['pi/one', 'pi/three', 'pi/two'])
  for (const name of ['pi/one', 'pi/two', 'pi/three', 'pi/four'])
    expect((await server.send(name, await plainJpeg(7))).startsWith('pi/four/')).toBe(true)
})

test('what cannot be is refused, and says what to do', async () => {
  for (const id of ['pi/a', 'pi/b']) await server.ended(await server.send(id, await plainJpeg(2)))
  await server.call('PATCH', '/api/cameras/pi/empty', { states: ['on', 'off'] })
  await server.ended(await server.send('pi/old', await plainJpeg(3)))
  await rename('pi/old', 'pi/new')
  const refused = async (from: string, to: string) => {
    const { status, body } = await rename(from, to)
    return `${status} ${body.error.code}`
  }
  expect(await refused('pi/none', 'pi/x')).toBe('404 not_found')
  expect(await refused('pi/a', 'pi/a')).toBe('400 same_name')
  expect(await refused('pi/a', 'Pi/a')).toBe('400 bad_name')
  expect(await refused('pi/a', 'token/a')).toBe('400 reserved')
  expect(await refused('pi/a', 'typing-error/a')).toBe('400 no_such_device')
  expect(await refused('pi/a', 'pi/b')).toBe('409 camera_exists')
  expect(await refused('pi/a', 'pi/old')).toBe('409 alias_in_use')
  expect(await refused('pi/old', 'pi/x')).toBe('404 camera_renamed')
  expect(await server.call('PATCH', '/api/cameras/pi/old', { debounce: 1 })).toMatchObject({ status: 404 })
  // One that was only set up makes way.
  expect((await rename('pi/a', 'pi/empty')).body).toMatchObject({ id: 'pi/empty', states: [] })
})

test('a renaming that was begun before the server ended is finished at the next start', {
  timeout: 60_000,
}, async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const first = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
  const frame = await first.send('pi/cam', await plainJpeg(1))
  await first.ended(frame)
  await first.app.close()
  const database = await openStateDatabase(dataDir)
  const intent = { from_camera: 'pi/cam', to_camera: 'pi/door', author: 'test', at: 0 }
  await database.write.insertInto('camera_renames').values(intent).execute()
  await database.close()
  for (let start = 0; start < 2; start++) {
    const next = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
    const { body } = await next.call('GET', '/api/frames?camera=pi/door')
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([frame.replace('cam', 'door')])
    expect((await next.call('GET', '/api/cameras')).body.items).toHaveLength(1)
    await next.app.close()
  }
})

test('every table that names a camera is thought of', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const { rows } = await sql<{ table: string; column: string }>`
    select m.name as "table", c.name as "column" from sqlite_schema m, pragma_table_info(m.name) c
    where m.type = 'table' and c.name in ('camera', 'source', 'subject')`.execute(database.read)
  // A deletion, a used version, and an alert that was told belong to a name, whoever has it; rules go along (alerts.test.ts).
  const ofNames = ['camera_deletions.camera', 'used_versions.camera', 'alerts.subject', 'alert_rules.subject']
  const found = rows.map(({ table, column }) => `${table}.${column}`).filter((one) => !ofNames.includes(one))
  expect(found.sort()).toEqual(NAMES_OF_CAMERA.map(([table, column]) => `${table}.${column}`).sort())
})
