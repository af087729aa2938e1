import type { Log } from '../../logging/levels.ts'
import type { HealthCheck } from '../../observe/health.ts'
import type { Settings } from '../../settings.ts'
import { programsWorkers } from './pool.ts'
import { Workers, type WorkersOptions } from './workers.ts'

const ENTRY = new URL('../../worker.ts', import.meta.url)
const PROGRAMS_ENTRY = new URL('../../programs-worker.ts', import.meta.url)
/** What a worker that strangers' programs are under has of the server's environment: where tools are, and what is nobody's secret. */
const HARMLESS = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'NODE_ENV', 'NODE_COMPILE_CACHE', 'TMPDIR']
/** A worker that is restarted is back long before. */
const PATIENCE_MS = 60_000

/** The workers as the settings want them; they wait for `start`. */
export function openWorkers(
  { worker, dataDir, logLevel, programsSameUser }: Settings,
  log: Log,
  listeners: Pick<WorkersOptions, 'onConnected' | 'onLine'>,
): Workers {
  const environment = {
    ...{ AJAR_DATA_DIR: dataDir, AJAR_LOG_LEVEL: logLevel },
    AJAR_PROGRAMS_SAME_USER: programsSameUser,
  }
  return new Workers({ dataDir, own: worker === 'own' ? { entry: ENTRY, environment } : null, log, ...listeners })
}

/** Those that run programs; they wait for `start`. */
export function openProgramsWorkers(
  { programsWorker, programsSocketDir, programsAtOnce, programsSameUser, dataDir, logLevel }: Settings,
  log: Log,
  onConnected: () => void,
): Workers {
  const environment = {
    ...{ AJAR_DATA_DIR: dataDir, AJAR_PROGRAMS_SOCKET_DIR: programsSocketDir, AJAR_LOG_LEVEL: logLevel },
    AJAR_PROGRAMS_SAME_USER: programsSameUser,
  }
  return new Workers({
    ...{
      dataDir,
      pool: programsWorkers(dataDir, programsSocketDir, programsAtOnce),
      log,
      onConnected,
      onLine: () => {},
    },
    own: programsWorker === 'own' ? { entry: PROGRAMS_ENTRY, environment, inherits: HARMLESS } : null,
  })
}

/** @param heldUpForMs for how long a job has waited for a worker */
export function workerHealth(workers: Pick<Workers, 'ready' | 'list'>, heldUpForMs: number): HealthCheck {
  const pids = workers.list().map(({ pid }) => pid)
  if (heldUpForMs < PATIENCE_MS) {
    const none = workers.ready ? 'starts when it is needed' : 'is not connected; no job has waited long for it'
    return { name: 'worker', level: 'ok', text: pids.length > 0 ? `connected (process ${pids.join(', ')})` : none }
  }
  const text =
    'a job waits, and no job worker is connected: start it (`systemctl start ajar-worker`, or node server/src/worker.ts ' +
    'with the same AJAR_DATA_DIR and user), or set AJAR_WORKER=own'
  return { name: 'worker', level: 'warn', text }
}
