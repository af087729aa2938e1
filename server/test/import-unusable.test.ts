import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer } from './running-server.ts'
import { importCsv, plainCsv, sendCsv } from './sensor-lesson.ts'
import { importZip, zipOf } from './zips.ts'

/** A file that is of no use leaves everything as it was: what is set up refuses what it cannot be asked about. */

let server: RunningServer

beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/devices', { name: 'r' })
})

const reads = async (sensor: string, value: unknown) =>
  (await server.call('POST', `/api/sensors/${sensor}/readings`, { value })).status
const sourceOf = async (sensor: string) => (await server.call('GET', `/api/sensors/${sensor}`)).body.source

test('a CSV that is none of its readings leaves a sensor unasked, and what it reads comes in', async () => {
  expect(await reads('r/plain', [1, 2])).toBe(201)
  expect((await importCsv(server, 'r/plain', 'x,y\n1,2\n')).error.code).toBe('bad_header')
  expect(await sourceOf('r/plain')).toBeNull()
  expect(await reads('r/plain', [1, 2, 3])).toBe(201)
})

test('a CSV of another width than the newest reading is refused before anything is set up', async () => {
  expect(await reads('r/one', 20.5)).toBe(201)
  const { error } = await importCsv(server, 'r/one', 'Label,a,b\nopen,1,2\nclosed,3,4\n')
  expect(error).toMatchObject({ code: 'other_length', message: expect.stringMatching(/has 2 numbers.* has 1/) })
  expect(await sourceOf('r/one')).toBeNull()
  expect(await reads('r/one', 21)).toBe(201)
  expect((await importCsv(server, 'r/one', 'Label,a\nopen,1\nclosed,3\n')).result).toMatchObject({ imported: 2 })
  expect(await sourceOf('r/one')).toMatchObject({ states: ['closed', 'open'] })
  expect(await reads('r/one', 22)).toBe(201)
})

test('a sensor that reads texts is refused at once, and goes on with them', async () => {
  expect(await reads('r/contact', 'open')).toBe(201)
  const { status, body } = await sendCsv(server, 'r/contact', plainCsv(2))
  expect([status, body.error.code]).toEqual([400, 'not_a_vector'])
  expect(await sourceOf('r/contact')).toBeNull()
  expect(await reads('r/contact', 'closed')).toBe(201)
})

test('what was refused leaves no source, of which a device may have so many', async () => {
  expect((await importCsv(server, 'r/never', 'Label,a\n')).error.code).toBe('no_readings')
  expect((await server.call('GET', '/api/sensors/r/never')).status).toBe(404)
  expect((await importZip(server, 'r/cam', await zipOf([]))).error.code).toBe('no_pictures')
  expect((await server.call('GET', '/api/cameras/r/cam')).status).toBe(404)
  expect((await importCsv(server, 'r/never', plainCsv(2))).result).toMatchObject({ imported: 4 })
  expect(await sourceOf('r/never')).toMatchObject({ states: ['closed', 'open'] })
})
