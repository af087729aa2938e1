import { expect, onTestFinished, test } from 'vitest'
import { RunningServer } from './running-server.ts'

test('the server says where devices reach it', async () => {
  const server = await RunningServer.start(onTestFinished, { AJAR_MQTT_HOST: '127.0.0.2' })
  const { http, mqtt } = server.app.listening
  expect((await server.call('GET', '/api/listeners')).body).toEqual({
    http: { host: '127.0.0.1', port: http },
    mqtt: { host: '127.0.0.2', port: mqtt },
    mqtts: null,
    authority: null,
    // None where the machine has no network.
    addresses: expect.not.arrayContaining(['127.0.0.1']),
  })
})
