import { expect, onTestFinished, test } from 'vitest'
import { checkConfig, createAgent } from '../src/index.ts'
import { startBroker } from './broker.ts'
import { folderOf, quiet, temporaryFolder, until } from './places.ts'

test('readings reach the broker, each under its sensor and time, and the status tells of every sensor', async () => {
  const broker = await startBroker()
  onTestFinished(() => broker.close())
  const readings: { topic: string; value: unknown; qos: number }[] = []
  broker.aedes.on('publish', ({ topic, payload, qos }, client) => {
    if (client && topic.includes('/reading/')) readings.push({ topic, qos, ...JSON.parse(payload.toString()) })
  })
  const agent = createAgent(
    checkConfig({
      device: 'pi',
      token: 'secret',
      server: `mqtt://127.0.0.1:${broker.port}`,
      dataDir: await temporaryFolder(),
      // A camera and a sensor of one name are two things.
      cameras: [{ name: 'card', driver: 'folder', path: await folderOf({ 'a.jpg': 'a picture' }) }],
      sensors: [
        { name: 'card', driver: 'disk', intervalMs: 100 },
        { name: 'lost', driver: 'gpio', line: 'NOT-HERE', access: 'chardev' },
      ],
    }),
    { log: quiet },
  )
  const before = Date.now()
  await agent.start()
  onTestFinished(() => agent.close())
  await until(() => readings.length >= 3 && broker.received.length === 1)
  for (const { topic, value, qos } of readings) {
    expect(topic).toMatch(/^ajar\/pi\/card\/reading\/\d+$/)
    expect(Number(topic.split('/').at(-1))).toBeGreaterThanOrEqual(before)
    expect(value).toBeGreaterThan(0)
    expect(qos).toBe(1)
  }
  expect(new Set(readings.map(({ topic }) => topic)).size).toBe(readings.length)
  expect(broker.received[0]?.topic).toMatch(/^ajar\/pi\/card\/frame\/\d+$/)
  const { sensors } = await agent.status()
  expect(sensors?.card).toEqual({ driver: 'disk', unit: '%', fault: null })
  expect(sensors?.lost).toMatchObject({ driver: 'gpio', unit: null, fault: expect.stringMatching(/gpiochip|NOT-HERE/) })
})
