import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { csiData, PacketSender, packetAt } from '../../test/setup/packet-senders.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What older clients send to be learned from, and what is said then: with real trainings. */

const LONG = { timeout: 180_000 }
const ANGLES = [0, 15, 30]
const STATUS = /^(START_TRAINING|TRAINING_IN_PROGRESS|FINISHED_TRAINING)$/

const get = async (server: RunningServer, path: string) => (await server.call('GET', path)).body

/** Has the server train. @returns what was told of it on the way */
async function train(server: RunningServer, body: object, source: string): Promise<Set<string>> {
  const { status, body: text } = await server.call('POST', '/training/post/train', body)
  expect({ status, text }).toEqual({ status: 200, text: 'Success' })
  const seen = new Set<string>()
  await until(async () => {
    const said = await get(server, `/training/get/training_status?camera=${source}`)
    seen.add(said)
    return said === 'FINISHED_TRAINING' || said === 'TRAINING_FAILED'
  })
  expect(await get(server, '/debug/get/training_failure')).toBe('<TRAINING NOT FAILED YET>')
  for (const said of seen) expect(said).toMatch(STATUS)
  expect(Number(await get(server, '/training/get/training_time'))).toBeGreaterThan(0)
  return seen
}

test('RSSI is learned from, and what comes later takes its place', LONG, async () => {
  const server = await RunningServer.start(afterFile)
  const around = (dBm: number) => Array.from({ length: 12 }, (_, i) => dBm + (i % 5) / 4)
  await train(server, { TYPE: 'RSSI', DATA: [around(-40), around(-60)] }, 'legacy/rssi')
  const { source } = await get(server, '/api/sensors/legacy/rssi')
  expect(source).toMatchObject({ states: ['0', '15'], model: 'legacy/rssi@1' })

  // Four seconds of each angle: enough to test the model by others than it learned from.
  const long = [-40, -50, -60].map((dBm) => Array.from({ length: 80 }, (_, i) => dBm + (i % 5) / 4))
  await train(server, { TYPE: 'RSSI', DATA: long }, 'legacy/rssi')
  const later = (await get(server, '/api/sensors/legacy/rssi')).source
  expect(later).toMatchObject({ states: ['0', '15', '30'], model: 'legacy/rssi@2' })
  const { items } = await get(server, '/api/sensors/legacy/rssi/readings?limit=500')
  expect(items.filter(({ label }: { label: unknown }) => label !== null)).toHaveLength(240)
  const tested = JSON.parse(await get(server, '/ml/get/test_predicition_results'))
  expect(tested.TEST_PREDICTION_M.length).toBeGreaterThan(0)
  for (const angle of tested.TEST_PREDICTION_M) expect([0, 15, 30]).toContain(angle)
  expect(tested.TEST_PREDICTION_P).toEqual(tested.TEST_PREDICTION_M)
  // What was learned from is in the store; the files that it came in are gone.
  await until(async () => (await readdir(join(server.dataDir, 'datasets'))).length === 0)
})

test('CSI is learned from; packets are told from each other, for each sender, after a restart too', LONG, async () => {
  const dataDir = await temporaryFolder(afterFile)
  const settings = { AJAR_DATA_DIR: dataDir, AJAR_LEGACY_OPEN: '1' }
  const server = await RunningServer.start(afterFile, settings)
  const senders = await Promise.all(
    [0, 1, 2].map(async (angle) => {
      const sender = new PacketSender(server.app.listening.http, `127.0.0.${10 + angle}`)
      afterFile(async () => sender.close())
      // One of each came before there was a model.
      expect(await sender.send(packetAt(angle))).toMatchObject({ text: 'Success' })
      return { angle, sender }
    }),
  )
  // At twenty packets a second three seconds of each angle: enough to test the model by others than it learned from.
  await train(server, csiData(60, ANGLES.length), 'legacy/csi')
  for (const { angle, sender } of senders) {
    await sender.send(packetAt(angle))
    const said = await until(() => sender.results())
    const degrees = 15 * angle
    expect(said).toMatchObject({ PREDICTION_M: [degrees], PREDICTION_P: [degrees], PREDICTION: [degrees] })
    for (const name of ['PREDICTION_M_CLASS', 'PREDICTION_P_CLASS', 'PREDICTION_CLASS']) {
      const [probabilities, ...others] = said[name]
      expect([probabilities.length, others]).toEqual([ANGLES.length, []])
      expect(probabilities.indexOf(Math.max(...probabilities))).toBe(angle)
    }
    expect(said.EXPECTED).toEqual([expect.any(Number)])
  }

  const tested = await get(server, '/ml/get/test_prediction_results')
  const { TEST_PREDICTION_M: angles, TEST_PREDICTION_M_CLASS: classes, TEST_PREDICTION_P } = JSON.parse(tested)
  expect(angles.length).toBeGreaterThan(0)
  expect([classes.length, TEST_PREDICTION_P.length]).toEqual([angles.length, angles.length])
  for (const one of angles) expect(ANGLES).toContain(one)
  for (const one of classes) expect(one).toHaveLength(ANGLES.length)
  expect(await get(server, '/ml/get/test_predicition_results')).toBe(tested)

  const told = await Promise.all(senders.map(({ sender }) => sender.results()))
  await server.app.close()
  const again = await RunningServer.start(afterFile, settings)
  for (const [i, { sender }] of senders.entries()) {
    const same = new PacketSender(again.app.listening.http, sender.address)
    afterFile(async () => same.close())
    expect(await same.results()).toEqual(told[i])
  }
  expect(await get(again, '/ml/get/test_prediction_results')).toBe(tested)
  // Whoever sends none is told of the last of all.
  const last = told.at(-1)
  expect(JSON.parse(await get(again, '/ml/get/inference_results'))).toEqual(last)
})

test('what cannot be learned from changes nothing', LONG, async () => {
  const server = await RunningServer.start(afterFile)
  for (const body of [
    { TYPE: 'CSI', DATA: csiData(1).DATA },
    { TYPE: 'RSSI', DATA: [[1, 2], []] },
  ])
    expect((await server.call('POST', '/training/post/train', body)).status).not.toBe(200)
  expect(await get(server, '/training/get/training_status')).toBe('MODEL_DOESNT_EXIST')
  for (const sensor of ['csi', 'rssi'])
    expect((await server.call('GET', `/api/sensors/legacy/${sensor}`)).status).toBe(404)
})
