import { expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { PacketSender, packetAt } from '../../test/setup/packet-senders.ts'
import { RunningServer, until } from './running-server.ts'
import { trainSensor } from './sensor-lesson.ts'

/** Boards that have the model of another sensor teach that one: it has no readings of its own. */

/** With a real training. */
const LONG = { timeout: 180_000 }

test('what is held and labelled at the sensor of an older sender teaches the one that it follows', LONG, async () => {
  const server = await RunningServer.start(afterFile, { AJAR_LEGACY_OPEN: '1' })
  const sender = new PacketSender(server.app.listening.http, '127.0.0.10')
  afterFile(async () => sender.close())
  await sender.send(packetAt(0))
  const holds = '/api/sensors/legacy/csi-127-0-0-10/holds'
  const early = await server.call('POST', holds, { state: '15' })
  expect(early.body.error.message).toMatch(/none yet: set those of legacy\/csi first/)
  await server.call('PATCH', '/api/sensors/legacy/csi', { states: ['0', '15'] })

  for (const [angle, state] of ['0', '15'].entries()) {
    expect((await server.call('POST', holds, { state, readings: 4 })).status).toBe(201)
    for (let i = 0; i < 4; i++) await sender.send(packetAt(angle))
    await until(async () => (await server.call('GET', holds)).body.hold.endedBy === 'count')
  }
  expect((await server.call('GET', '/api/labels?camera=legacy/csi')).body.counts).toEqual({ 0: 4, 15: 4 })
  const dropped = await server.call('PATCH', '/api/sensors/legacy/csi', { states: ['0', '30'] })
  expect(dropped.body.error.code).toBe('state_in_use')
  const job = await trainSensor(server, 'legacy/csi')
  expect(job).toMatchObject({ state: 'done', error: null })
  const [model] = (await server.call('GET', '/api/models?camera=legacy/csi')).body.items
  expect(model.labels).toMatchObject({ perState: { 0: 4, 15: 4 } })
})

test('a sensor that others follow is not removed under them', async () => {
  const server = await RunningServer.start(afterFile, { AJAR_LEGACY_OPEN: '1' })
  const sender = new PacketSender(server.app.listening.http, '127.0.0.11')
  afterFile(async () => sender.close())
  await sender.send(packetAt(0))
  const leader = '/api/sensors/legacy/csi'
  expect(await server.call('DELETE', leader)).toMatchObject({
    status: 409,
    body: { error: { code: 'followed', message: expect.stringMatching(/legacy\/csi-127-0-0-11 have the states/) } },
  })
  expect((await server.call('DELETE', `${leader}-127-0-0-11`)).status).toBe(204)
  expect((await server.call('DELETE', leader)).status).toBe(204)
})
