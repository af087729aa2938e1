import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { door, withComment } from './pictures.ts'
import { System, until } from './system.ts'

const FILES = 256
const CROWD = 400

test('a process that may open few files serves a crowd over HTTP and MQTT, and still stores frames', {
  timeout: 60_000,
}, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  await system.stopServer()
  await system.startServer(['sh', '-c', `ulimit -n ${FILES}; exec "$@"`, 'sh'])
  const device = await system.connect('door1', await system.addDevice('door1'))
  const picture = await door('closed')
  for (const address of [system.server.http, system.server.mqtt]) {
    const { hostname, port } = new URL(address)
    for (let i = 0; i < CROWD; i++) {
      const socket = connect({ host: hostname, port: Number(port) })
      onTestFinished(() => void socket.destroy())
      socket.on('error', () => {}) // it is reset where there are too many
      await Promise.race([once(socket, 'connect'), new Promise((resolve) => socket.once('close', resolve))])
    }
    const time = Date.now()
    await device.publishAsync(`ajar/door1/cam/frame/${time}`, withComment(picture, address), { qos: 1 })
    expect(await system.ended(`door1/cam/${time}`)).toMatchObject({ outcome: 'classified' })
  }
  expect(await system.metric('ajar_http_connections')).toBeLessThanOrEqual(FILES / 4)
  const { checks } = await until(() =>
    system.api.get<{ checks: { name: string; level: string }[] }>('/api/health/ready'),
  )
  expect(checks.filter(({ level }) => level === 'error')).toEqual([])
})
