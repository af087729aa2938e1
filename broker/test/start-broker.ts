import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { onTestFinished } from 'vitest'
import type {
  ArrivedFrame,
  ArrivedReading,
  Broker,
  BrokerEvent,
  BrokerEventCode,
  BrokerLimits,
  BrokerPorts,
} from '../src/index.ts'
import { createBroker } from '../src/index.ts'

export const PASSWORD = 'correct'

/** What the broker told its ports, in order. */
export interface Heard {
  frames: ArrivedFrame[]
  readings: ArrivedReading[]
  statuses: string[]
  presence: string[]
  events: BrokerEvent[]
}

export interface Started {
  broker: Broker
  port: number
  heard: Heard
}

/** A broker on a free port that keeps what it hears; any user name gets in with PASSWORD, `token` as an operator. */
export async function startBroker(
  ports: Partial<BrokerPorts> = {},
  limits: Partial<BrokerLimits> = {},
): Promise<Started> {
  const heard: Heard = { frames: [], readings: [], statuses: [], presence: [], events: [] }
  const broker = createBroker(
    {
      authenticate: async (name, password) =>
        password === PASSWORD ? { kind: name === 'token' ? 'operator' : 'device', name } : null,
      onFrame: async (frame) => void heard.frames.push(frame),
      onReading: async (reading) => void heard.readings.push(reading),
      onStatus: async (device, payload) => void heard.statuses.push(`${device} ${Buffer.from(payload)}`),
      onConfigApplied: async () => {},
      onPresence: (device, connected) => void heard.presence.push(`${device} ${connected ? 'here' : 'gone'}`),
      onEvent: (event) => void heard.events.push(event),
      ...ports,
    },
    { refusalDelayMs: 1, ...limits },
  )
  const { port } = await broker.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => broker.close())
  return { broker, port, heard }
}

/** A real client, closed when the test ends. */
export async function connect(port: number, username: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: username,
    username,
    password: PASSWORD,
    reconnectPeriod: 0,
    ...options,
  })
  client.on('error', () => {})
  onTestFinished(() => void client.end(true))
  return client
}

export function codes(heard: Heard): BrokerEventCode[] {
  return heard.events.map(({ code }) => code)
}

/** Waits until `ready` holds, for as long as the test may run. */
export async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** A promise and its resolver, to hold a port open. */
export function gate(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** `promise` settles as the client's connection closes. */
export function closed(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()))
}
