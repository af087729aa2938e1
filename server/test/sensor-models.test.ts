import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { jobEnded } from './lesson.ts'
import { download } from './model-zips.ts'
import { ADMIN_TOKEN, type Answer, RunningServer, until } from './running-server.ts'
import { importCsv, plainCsv, sendCsv, trainSensor } from './sensor-lesson.ts'

let server: RunningServer
let zip: Buffer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/devices', { name: 'esp' })
  await importCsv(server, 'esp/one', plainCsv(30))
  await trainSensor(server, 'esp/one')
  zip = (await download(server, 'esp/one@1')).zip
}, 120_000)

const refusal = ({ status, body }: Answer) => `${status} ${body.error.code}`

async function give(noun: string, id: string): Promise<Answer> {
  const response = await fetch(`${server.url}/api/${noun}/${id}/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' },
    body: new Uint8Array(zip),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

test('a model of readings is given to another sensor, which takes its states and its view', async () => {
  await server.call('PATCH', '/api/sensors/esp/other', {})
  const given = await give('sensors', 'esp/other')
  expect(given).toMatchObject({
    status: 201,
    body: { id: 'esp/other@1', origin: 'uploaded', parent: 'esp/one@1', active: false, view: { window: 1 } },
  })
  const { source } = (await server.call('GET', '/api/sensors/esp/other')).body
  expect(source).toMatchObject({ states: ['closed', 'open'], vector: given.body.view, model: null })
  expect((await server.call('POST', '/api/models/esp/other@1/activate')).status).toBe(200)
  const { body } = await server.call('POST', '/api/sensors/esp/other/readings', { value: [10, 11, 12, 13] })
  const reading = await until(async () => {
    const { body: shown } = await server.call('GET', `/api/readings/${body.reading}`)
    return shown.outcome === 'classified' && shown
  })
  expect(reading.result).toMatchObject({ state: 'open', model: 'esp/other@1' })
  // What is downloaded of it is what was uploaded but for its name.
  expect((await download(server, 'esp/other@1')).zip.byteLength).toBeGreaterThan(1000)
})

test('it is refused where readings are of another length, where frames are seen, and where another model is asked', async () => {
  await server.call('PATCH', '/api/cameras/esp/cam', {})
  await importCsv(server, 'esp/short', 'Label,a,b\nopen,1,2\nclosed,3,4')
  const refused = await give('sensors', 'esp/short')
  expect(refusal(refused)).toBe('400 other_readings')
  expect(refused.body.error.message).toMatch(/readings of 4 numbers, and those of esp\/short have 2/)
  expect(refusal(await give('cameras', 'esp/cam'))).toBe('400 other_readings')
})

test('trained again it is version 2, and rollback goes back to the first', { timeout: 60_000 }, async () => {
  const again = await trainSensor(server, 'esp/one', { seed: 2, force: true })
  expect(again.result).toMatchObject({ model: 'esp/one@2', activated: true })
  const unchanged = await trainSensor(server, 'esp/one', { seed: 2, unlessUnchanged: true })
  expect(unchanged.result).toMatchObject({
    model: null,
    reason: expect.stringMatching(/nothing to learn from has changed/),
  })
  const back = await server.call('POST', '/api/sensors/esp/one/rollback')
  expect(back).toMatchObject({ status: 200, body: { id: 'esp/one@1', active: true } })
  expect((await server.call('GET', '/api/models?camera=esp/one')).body.items).toHaveLength(2)
})

test('older clients: each training replaces what was learned before, and its model is active', {
  timeout: 120_000,
}, async () => {
  const points = (angles: number[]) =>
    angles.map((angle) => Array.from({ length: 25 }, (_, i) => -40 - angle / 3 + Math.sin(i * 5)))
  const train = async (angles: number[]) => {
    const sent = await server.call('POST', '/training/post/train', { TYPE: 'RSSI', DATA: points(angles) })
    expect(sent).toMatchObject({ status: 200, body: 'Success' })
    const { items } = (await server.call('GET', '/api/jobs?kind=training&limit=1')).body
    expect(items[0].camera).toBe('legacy/rssi')
    return jobEnded(server, items[0].id)
  }
  const first = await train([0, 15, 30])
  expect(first).toMatchObject({ state: 'done', result: { model: 'legacy/rssi@1', activated: true } })
  const second = await train([0, 15])
  expect(second).toMatchObject({ state: 'done', result: { model: 'legacy/rssi@2', activated: true } })
  const { body } = await server.call('GET', '/api/models/legacy/rssi@2')
  expect(body).toMatchObject({ states: ['0', '15'], labels: { frames: 50, perState: { 0: 25, 15: 25 } } })
  expect((await server.call('GET', '/api/labels?camera=legacy/rssi')).body.counts).toEqual({ 0: 25, 15: 25 })
})

test('who is told by the model of another one learns nothing: what is to be trained is named', async () => {
  const packet = JSON.stringify(Array.from({ length: 106 }, (_, i) => i % 7))
  await server.call('POST', '/ml/post/inference', { payload: packet })
  const { items } = (await server.call('GET', '/api/sensors?device=legacy')).body
  const sender = items.find(({ source }: { source: { follows: string } | null }) => source?.follows === 'legacy/csi')
  for (const asked of [
    await server.call('POST', '/api/training', { camera: sender.id }),
    await server.call('GET', `/api/sensors/${sender.id}/usability`),
  ]) {
    expect(refusal(asked)).toBe('409 follows')
    expect(asked.body.error.message).toContain('legacy/csi')
  }
  const sent = await sendCsv(server, sender.id, plainCsv(2))
  expect(refusal(sent)).toBe('409 follows')
})
