import { existsSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Environment } from '../../environment.ts'
import { homeAt } from '../../home/home.ts'
import type { Host, ServerProcess } from '../../host.ts'
import { printedBy } from './journal.ts'
import { rehearseInUnit } from './rehearse-in-unit.ts'
import { show, systemctl } from './systemctl.ts'
import { unitsOf } from './units.ts'

const SERVER = 'ajar-server.service'
const WORKER = 'ajar-worker.service'
/** A release before it has none. */
const PROGRAMS = 'ajar-programs.service'
const SOCKETS = ['ajar-http.socket', 'ajar-mqtt.socket', 'ajar-mqtts.socket']
/** So long each may take to end in order. What is acknowledged is on the disk, and a job that is cut off is done again. */
const GRACE_MS = { [WORKER]: 1000, [PROGRAMS]: 1000, [SERVER]: 3000 }
const LOOK_MS = 20

/** systemd, whose units install.sh has written: server and worker run from `current`. */
export function openHost(environment: Environment): Host {
  const units = unitsOf(homeAt(environment.AJAR_DEPLOY_DIR || '/opt/ajar'))
  const dataDir = environment.AJAR_DATA_DIR || '/var/lib/ajar'
  return {
    runsCheckouts: false,
    serverUrl: async () => serverUrl(environment),
    dataDir: async () => dataDir,
    rehearse: (release, options) => rehearseInUnit(release, environment, options),
    prepare: async (release) => {
      if (release !== null) await units.bring(release)
    },
    restart,
    serverProcess,
    serverLines: (span) => printedBy(SERVER, span),
  }
}

/** Where this machine reaches what listens as the settings say. */
export function serverUrl({ AJAR_HTTP_HOST, AJAR_HTTP_PORT, AJAR_TLS_CERT }: Environment): string {
  const host = AJAR_HTTP_HOST || '127.0.0.1'
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${AJAR_TLS_CERT ? 'https' : 'http'}://${isIPv6(near) ? `[${near}]` : near}:${AJAR_HTTP_PORT || '20002'}`
}

/**
 * systemd knows the whole order before anything ends: killed in here, we leave nothing stopped. Their sockets stay open; those
 * that failed with the server are started with it, since it wants them.
 */
async function restart({ force }: { force: boolean }) {
  const { LoadState } = await show(PROGRAMS, ['LoadState'])
  const units = [WORKER, ...(LoadState === 'loaded' ? [PROGRAMS] : []), SERVER]
  // Starts that failed, and how often, count no more.
  await systemctl(['reset-failed', ...units, ...SOCKETS]).catch(() => {}) // one that is not loaded
  const processes = await Promise.all(units.map(async (unit) => Number((await show(unit, ['MainPID'])).MainPID)))
  // The workers end before the server, and start after it.
  await systemctl(['restart', '--no-block', ...units])
  for (const [i, unit] of units.entries()) await end(processes[i] ?? 0, force ? 0 : GRACE_MS[unit as typeof SERVER])
}

/** Waits until a process is gone, and ends it by force where that takes longer. */
async function end(pid: number, graceMs: number) {
  const until = performance.now() + graceMs
  while (lives(pid)) {
    if (performance.now() >= until) return kill(pid)
    await delay(LOOK_MS)
  }
}

function lives(pid: number): boolean {
  return pid > 0 && existsSync(`/proc/${pid}`)
}

function kill(pid: number) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended just now
  }
}

const STATES: Record<string, ServerProcess['state']> = {
  active: 'running',
  reloading: 'running',
  activating: 'starting',
  deactivating: 'stopping',
  failed: 'failed',
}

/** Its count of restarts begins anew with `reset-failed`. */
async function serverProcess(): Promise<ServerProcess> {
  const {
    MainPID,
    NRestarts,
    ActiveState = '',
    Job,
  } = await show(SERVER, ['MainPID', 'NRestarts', 'ActiveState', 'Job'])
  const isToStart = Number(Job ?? 0) > 0 && (ActiveState === 'failed' || ActiveState === 'inactive')
  return {
    pid: Number(MainPID) || null,
    crashes: Number(NRestarts),
    state: isToStart ? 'starting' : (STATES[ActiveState] ?? 'stopped'),
  }
}
