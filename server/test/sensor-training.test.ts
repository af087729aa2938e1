import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { CSI_CSV, needsCsi } from './csi-data.ts'
import { RunningServer } from './running-server.ts'
import { importCsv, trainSensor } from './sensor-lesson.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/devices', { name: 'esp' })
})

test('a real set of packets comes in, is learned from', {
  timeout: 240_000,
}, async (context) => {
  needsCsi(context)
  const csv = await readFile(CSI_CSV, 'utf8')
  const job = await importCsv(server, 'esp/csi', csv)
  expect(job).toMatchObject({ state: 'done', kind: 'import', camera: 'esp/csi' })
  expect(job.result).toEqual({ imported: 2197, labelled: 2197, duplicates: 0, skipped: [], skippedCount: 0 })
  const { source } = (await server.call('GET', '/api/sensors/esp/csi')).body
  expect(source).toMatchObject({
    states: ['0', '15', '30', '45', '60', '75', '90'],
    vector: {
      parts: [
        { name: 'amplitude', length: 53 },
        { name: 'phase', length: 53 },
      ],
      window: 1,
    },
    model: null,
  })

  const trained = await trainSensor(server, 'esp/csi')
  expect(trained.error).toBeNull()
  expect(trained.result).toMatchObject({ model: 'esp/csi@1', activated: true, backbone: 'vector' })
  const model = (await server.call('GET', '/api/models/esp/csi@1')).body
  expect(model).toMatchObject({ active: true, region: null, view: source.vector, labels: { frames: 2197 } })
  const { evaluation } = model
  expect(evaluation.majority).toBeGreaterThan(0.14)
  expect(evaluation.accuracy).toBeGreaterThan(evaluation.majority)
})
