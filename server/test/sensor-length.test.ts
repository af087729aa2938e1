import { expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer, until } from './running-server.ts'
import { setUp } from './some-vectors.ts'

test('a sensor that reads other lengths from now on is told how, and takes them then', async () => {
  const server = await RunningServer.start(afterFile)
  const reads = (value: unknown) => server.call('POST', '/api/sensors/esp/radio/readings', { value })
  const parts = [{ name: 'level', length: 3, kind: 'value' }]
  const change = (vector: object | null) => server.call('PATCH', '/api/sensors/esp/radio', { vector })
  expect((await reads([1, 2])).status).toBe(201)
  await setUp(server, 'esp/radio')
  expect((await reads([1, 2, 3])).body.error.message).toMatch(/reads 2 numbers .* set its vector to null/)
  expect((await change({ parts, window: 1 })).body.error.message).toMatch(
    /set vector to null .* after the next reading/,
  )
  expect((await change(null)).status).toBe(200)
  expect((await reads([1, 2, 3])).status).toBe(201)
  // What its newest reading is stands with it a moment after it was taken.
  const changed = await until(async () => {
    const { status, body } = await change({ parts, window: 1 })
    return status === 200 && body
  })
  expect(changed.source.vector.parts).toEqual(parts)
})
