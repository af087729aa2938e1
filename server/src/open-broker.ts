import { type Broker, createBroker } from '@ajar/broker'
import type { Accounts } from './auth/accounts.ts'
import { mqttIdentity } from './auth/mqtt-identity.ts'
import type { Tickets } from './auth/tickets.ts'
import { type Devices, OPERATORS } from './devices/devices.ts'
import type { Logging } from './logging/logging.ts'
import { SparingLog } from './logging/sparing-log.ts'
import { BrokerEvents, type BrokerEventsPorts } from './observe/broker-events.ts'
import { connectionShare } from './open-files.ts'
import type { Pipeline } from './pipeline.ts'

export interface BrokerParts extends Pick<BrokerEventsPorts, 'metrics' | 'publish'> {
  accounts: Accounts
  tickets: Tickets
  devices: Devices
  pipeline: Pick<Pipeline, 'ingest' | 'take'>
  logging: Logging
  maxFrameBytes: number
}

/** Connections open at once, where the process may open as many files. */
const MOST_MQTT = 2500

/** The broker, and who takes what comes over it. */
export function openBroker(parts: BrokerParts): Broker {
  const { accounts, tickets, devices, pipeline, logging, metrics, publish, maxFrameBytes } = parts
  const events = new BrokerEvents({ log: new SparingLog(logging.of('broker')), metrics, publish })
  const people = { accounts, tickets, operators: OPERATORS }
  return createBroker(
    {
      authenticate: async (...credential) =>
        mqttIdentity({ ...people, isDevice: (name, token) => devices.authenticate(name, token) }, ...credential),
      onFrame: async (frame) => void (await pipeline.ingest(frame)),
      onReading: async (reading) => void (await pipeline.take(reading)),
      onStatus: (device, payload) => devices.onStatus(device, payload),
      onConfigApplied: (device, payload) => devices.onConfigApplied(device, payload),
      onPresence: (device, connected) =>
        void devices
          .onPresence(device, connected)
          .catch((err) => logging.of('devices').warn({ err, device }, 'presence')),
      onEvent: (event) => events.take(event),
    },
    { maxFrameBytes, maxConnections: connectionShare(MOST_MQTT) },
  )
}
