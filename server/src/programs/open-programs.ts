import type { StateDatabase } from '../database/state-database.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Workers } from '../jobs/worker/workers.ts'
import type { Log } from '../logging/levels.ts'
import type { Settings } from '../settings.ts'
import { Machine } from './machine/machine.ts'
import type { MachineReport } from './machine/report.ts'
import { KeptRuns } from './runs/kept-runs.ts'
import { failure, performRun } from './runs/perform-run.ts'
import { JOB_KIND, ProgramRuns } from './runs/program-runs.ts'

export interface ProgramsParts {
  database: StateDatabase
  settings: Settings
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'get' | 'remove'>
  /** Who runs them. @param onConnected told whenever there is one more */
  openWorkers(onConnected: () => void): Pick<Workers, 'start' | 'close' | 'perform' | 'ready' | 'list' | 'leave'>
  /** Told whenever a worker has connected. */
  onConnected?(): void
  log: Log
}

const DESCRIBE_MS = 60_000

/** Programs that users write. They wait for `start`. */
export function openPrograms({ database, settings, jobs, log, ...parts }: ProgramsParts) {
  const now = () => Date.now()
  const off = offBy(settings)
  const workers = parts.openWorkers(() => {
    machine.workerBegan()
    parts.onConnected?.()
    jobs().wake()
  })
  const machine = new Machine({
    ...{ off, log, atOnce: settings.programsAtOnce, isThere: () => workers.ready },
    describe: () => describe(workers),
    onKnown: () => jobs().wake(),
  })
  const runs: ProgramRuns = new ProgramRuns({
    ...{ database, settings, jobs, now },
    refusal: async () => (await machine.state()).reason,
    onWritten: (...told) => void kept.written(...told).catch((err) => log.warn({ err }, 'a run is not counted')),
  })
  const kept = new KeptRuns({ runs, now, log })
  const performing = {
    runs,
    limits: {
      ms: settings.programMs,
      memoryBytes: settings.programMemoryBytes,
      processes: settings.programProcesses,
    },
    perform: workers.perform.bind(workers),
    refusal: () => machine.reason,
  }
  return {
    runs,
    workers,
    languages: () => machine.state(),
    get health() {
      return machine.health
    },
    /** The handler of jobs of kind `program`. */
    kind: JOB_KIND,
    run: (context: JobContext): Promise<object> => performRun(performing, context),
    atOnce: () => machine.room(),
    async start() {
      if (settings.rehearsal) return
      for (const { id } of await runs.rows.running()) await runs.end(id, failure(RESTARTED))
      await kept.start()
      if (off !== null) return
      await workers.start().then(
        () => machine.start(),
        (error: Error) => machine.failed(`programs are not run here, because ${error.message}`),
      )
    },
    async close() {
      await Promise.all([machine.close(), workers.close()])
      await kept.close()
      await runs.close()
    },
  }
}

export type Programs = ReturnType<typeof openPrograms>

const RESTARTED = 'the server ended in the middle of it, and runs again: run it again'

function offBy({ programs, rehearsal }: Settings): string | null {
  if (rehearsal) return 'none are run in a rehearsal'
  return programs === '1' ? null : 'Programs are switched off on this server; AJAR_PROGRAMS=1 has them run.'
}

async function describe(workers: Pick<Workers, 'perform'>): Promise<MachineReport> {
  const inputs = (async function* () {})()
  const work = { task: 'describe', params: {}, inputs, limitMs: DESCRIBE_MS, onMessage: () => {} }
  return (await workers.perform(work, new AbortController().signal)) as MachineReport
}
