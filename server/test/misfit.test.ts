import { plainView } from '@ajar/models'
import { expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer, until } from './running-server.ts'
import { setUp, teachSums } from './some-vectors.ts'

test('a model of another view is whole: its sensor says that it is to be trained again, and health is not troubled', {
  timeout: 60_000,
}, async () => {
  const server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/devices', { name: 'esp' })
  await setUp(server, 'esp/v', { vector: plainView(4) })
  const model = await teachSums(server.url, 'esp/v', plainView(4))
  const changed = await server.call('PATCH', '/api/sensors/esp/v', { vector: plainView(3) })
  expect(changed).toMatchObject({ status: 200, body: { source: { model, misfit: null } } })
  const { body } = await server.call('POST', '/api/sensors/esp/v/readings', { value: [1, 2, 3] })
  const reading = await until(async () => {
    const { body: now } = await server.call('GET', `/api/readings/${body.reading}`)
    return now.outcome !== 'pending' && now
  })
  expect(reading.result).toMatchObject({ state: 'unknown', reason: 'no_model' })
  const { source } = (await server.call('GET', '/api/sensors/esp/v')).body
  expect(source.misfit).toBe('it tells readings of 4 numbers, and they have another length now: train again')
  const { body: health } = await server.call('GET', '/api/health/ready')
  expect(JSON.stringify(health)).not.toContain('has no state')
})
