import { fileURLToPath } from 'node:url'
import type { Entry } from '@ajar/watchdog'
import { AGENT, type Listening, SERVER } from './processes.ts'

// The processes of `npm start`, as the watchdog is told of them.

const WORKER = fileURLToPath(new URL('../../../server/src/worker.ts', import.meta.url))

/** As in its unit: a database that is brought up to date takes its time, and would begin again with each start. */
const START_LIMIT_MS = 600_000

/** @param listening where the server listened first: it comes back there, also where any free port was asked for */
export function serverEntry(listening: () => Listening | null): Entry {
  return {
    ...entry('server', SERVER),
    environment: () => ({ AJAR_WORKER: 'external', ...portsOf(listening()) }),
    readyLimitMs: START_LIMIT_MS,
    firstStartMustSucceed: true,
  }
}

export function workerEntry(): Entry {
  return { ...entry('worker', WORKER), startAfter: 'server' }
}

export function agentEntry(configFile: string): Entry {
  return entry('agent', AGENT, configFile)
}

function entry(name: string, ...args: string[]): Entry {
  return { name, program: process.execPath, args }
}

function portsOf(listening: Listening | null): Record<string, string> {
  if (!listening) return {}
  const { http, mqtt, mqtts } = listening
  return {
    AJAR_HTTP_PORT: String(http),
    ...(mqtt === null ? {} : { AJAR_MQTT_PORT: String(mqtt) }),
    ...(mqtts === undefined ? {} : { AJAR_MQTTS_PORT: String(mqtts) }),
  }
}
