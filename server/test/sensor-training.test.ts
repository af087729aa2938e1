import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { CSI_CSV, needsCsi } from './csi-data.ts'
import { RunningServer, until } from './running-server.ts'
import { importCsv, packets, plainCsv, sendCsv, trainSensor } from './sensor-lesson.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/devices', { name: 'esp' })
})

const sourceOf = async (sensor: string) => (await server.call('GET', `/api/sensors/${sensor}`)).body.source
const readingsOf = async (sensor: string) =>
  (await server.call('GET', `/api/sensors/${sensor}/readings?limit=1000`)).body.items

/** Sends a reading. @returns it once it has been told */
async function told(sensor: string, value: number[]) {
  const { status, body } = await server.call('POST', `/api/sensors/${sensor}/readings`, { value })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return until(async () => {
    const { body: reading } = await server.call('GET', `/api/readings/${body.reading}`)
    return reading.outcome === 'classified' && reading
  })
}

test('readings from a CSV are labelled and learned from, and live ones are told by that', {
  timeout: 120_000,
}, async () => {
  const job = await importCsv(server, 'esp/plain', plainCsv(60))
  expect(job.result).toEqual({ imported: 120, labelled: 120, duplicates: 0, skipped: [], skippedCount: 0 })
  expect(await sourceOf('esp/plain')).toMatchObject({
    states: ['closed', 'open'],
    vector: { parts: [{ name: 'value', length: 4, kind: 'value' }], window: 1 },
    model: null,
  })
  const usability = await server.call('GET', '/api/sensors/esp/plain/usability')
  expect(usability).toMatchObject({
    status: 200,
    body: {
      usable: true,
      grade: 'usable',
      window: 1,
      wider: null,
      perState: { open: 60, closed: 60 },
      pairs: [{ a: 'closed', b: 'open', words: 'apart' }],
    },
  })
  const trained = await trainSensor(server, 'esp/plain')
  expect(trained).toMatchObject({
    state: 'done',
    result: { model: 'esp/plain@1', activated: true, backbone: 'vector', skipped: [] },
  })
  const model = (await server.call('GET', '/api/models/esp/plain@1')).body
  expect(model).toMatchObject({ active: true, region: null, view: { window: 1 }, labels: { frames: 120 } })
  expect(model.evaluation).toMatchObject({ majority: 0.5, accuracy: 1, balancedAccuracy: 1 })
  expect((await told('esp/plain', [10, 11, 12, 13])).result).toMatchObject({ state: 'open', model: 'esp/plain@1' })
  expect((await told('esp/plain', [-10, -9, -8, -7])).result).toMatchObject({ state: 'closed' })
})

test('the same file again changes nothing; another one lies before it in time', { timeout: 60_000 }, async () => {
  const csv = plainCsv(10)
  await importCsv(server, 'esp/twice', csv)
  const first = await readingsOf('esp/twice')
  expect((await importCsv(server, 'esp/twice', csv)).result).toMatchObject({
    imported: 0,
    duplicates: 20,
    labelled: 20,
  })
  expect(await readingsOf('esp/twice')).toEqual(first)
  const other = csv.replaceAll('.', '.5')
  expect((await importCsv(server, 'esp/twice', other)).result).toMatchObject({ imported: 20, duplicates: 0 })
  const times = (await readingsOf('esp/twice')).map(({ capturedAt }: { capturedAt: string }) => Date.parse(capturedAt))
  const begin = Date.parse(first.at(-1).capturedAt)
  expect(times).toHaveLength(40)
  expect(Math.max(...times.filter((at: number) => at < begin))).toBe(begin - 60_000)
  for (const { outcome, code } of first) expect({ outcome, code }).toEqual({ outcome: 'skipped', code: 'imported' })
})

test('what was set stands: unknown states, another length, another kind', { timeout: 60_000 }, async () => {
  await server.call('PATCH', '/api/sensors/esp/set', { states: ['open', 'shut'] })
  const csv = plainCsv(2)
  const refused = await importCsv(server, 'esp/set', csv)
  expect(refused).toMatchObject({ state: 'failed', error: { code: 'unknown_state' } })
  expect(refused.error.message).toMatch(/the sensor has no state closed.*rename the labels/)
  expect((await importCsv(server, 'esp/set', csv, '?states=add')).result).toMatchObject({ imported: 4 })
  expect((await sourceOf('esp/set')).states).toEqual(['open', 'shut', 'closed'])
  const longer = await importCsv(server, 'esp/set', 'Label,a\nopen,1')
  expect(longer.error).toMatchObject({ code: 'other_length' })
  await server.call('PATCH', '/api/cameras/esp/cam', {})
  expect(await sendCsv(server, 'esp/cam', csv)).toMatchObject({ status: 409, body: { error: { code: 'other_kind' } } })
  expect((await sendCsv(server, 'nobody/csi', csv)).status).toBe(404)
  await until(() => readdirSync(join(server.dataDir, 'imports')).length === 0)
})

test('a training says what is lacking, and what is to be trained instead', { timeout: 60_000 }, async () => {
  await importCsv(server, 'esp/few', 'Label,a\nopen,1\nopen,2\nclosed,3')
  const few = await server.call('POST', '/api/training', { camera: 'esp/few' })
  expect(few).toMatchObject({ status: 400, body: { error: { code: 'too_few_frames' } } })
  expect(few.body.error.message).toBe('closed has 1 labelled readings, at least 2 are needed')
  expect((await server.call('GET', '/api/sensors/esp/few/usability')).body).toMatchObject({ usable: false })
  expect((await server.call('GET', '/api/sensors/esp/nobody/usability')).status).toBe(404)
})

test('a real set of packets comes in whole, and is learned from', { timeout: 300_000 }, async (context) => {
  needsCsi(context)
  const job = await importCsv(server, 'esp/csi', await readFile(CSI_CSV, 'utf8'))
  expect(job.result).toEqual({ imported: 2197, labelled: 2197, duplicates: 0, skipped: [], skippedCount: 0 })
  const source = await sourceOf('esp/csi')
  expect(source).toMatchObject({
    states: ['0', '15', '30', '45', '60', '75', '90'],
    vector: {
      parts: [
        { name: 'amplitude', length: 53 },
        { name: 'phase', length: 53 },
      ],
      window: 1,
    },
  })
  const trained = await trainSensor(server, 'esp/csi')
  expect(trained).toMatchObject({ error: null, result: { model: 'esp/csi@1', activated: true } })
  const { evaluation, view } = (await server.call('GET', '/api/models/esp/csi@1')).body
  expect(view).toEqual(source.vector)
  expect(evaluation.majority).toBeCloseTo(425 / 2197, 2)
  expect(evaluation.accuracy).toBeGreaterThan(evaluation.majority)

  const asked = (await packets()).rows.filter((_, i) => i % 100 === 0)
  for (const { numbers } of asked)
    expect((await told('esp/csi', numbers)).result).toMatchObject({
      model: 'esp/csi@1',
      probabilities: Object.fromEntries(source.states.map((state: string) => [state, expect.any(Number)])),
      details: {
        expected: expect.any(Number),
        interval: { low: expect.any(Number), high: expect.any(Number) },
        estimators: { amplitude: {}, phase: {}, fused: {} },
      },
    })
})
