import type { Entry } from '@ajar/watchdog'
import { AGENT, type Listening } from './processes.ts'
import type { Redeploying } from './releases/redeploying.ts'

// The processes of `npm start`, as the watchdog is told of them.

const SERVER = 'server/src/main.ts'
const WORKER = 'server/src/worker.ts'

/** As in its unit: a database that is brought up to date takes its time, and would begin again with each start. */
const START_LIMIT_MS = 600_000

/** @param listening where the server listened first: it comes back there, also where any free port was asked for */
export function serverEntry(redeploying: Redeploying, listening: () => Listening | null): Entry {
  const { folder, isPending } = redeploying
  return {
    ...released('server', SERVER, redeploying),
    environment: () => ({ AJAR_WORKER: 'external', AJAR_DEPLOY_DIR: folder, ...portsOf(listening()) }),
    readyLimitMs: START_LIMIT_MS,
    // One on trial may be no good, and is replaced by the one before.
    firstStartMustSucceed: !isPending,
  }
}

export function workerEntry(redeploying: Redeploying): Entry {
  return { ...released('worker', WORKER, redeploying), startAfter: 'server' }
}

export function agentEntry(configFile: string): Entry {
  return { name: 'agent', command: () => ({ program: process.execPath, args: [AGENT, configFile] }) }
}

/** What may run from a release. */
function released(name: string, script: string, { runs }: Redeploying): Entry {
  return { name, command: () => runs.command(script), otherScripts: runs.places(script) }
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
