import type { StateDatabase } from '../database/state-database.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Log } from '../logging/levels.ts'
import type { Settings } from '../settings.ts'
import type { ProgramsState } from './machine/report.ts'
import { JOB_KIND, ProgramRuns } from './runs/program-runs.ts'

export interface ProgramsParts {
  database: StateDatabase
  settings: Settings
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'get'>
  log: Log
}

/** Programs that users write. They wait for `start`. */
export function openPrograms({ database, settings, jobs }: ProgramsParts) {
  const languages = async (): Promise<ProgramsState> => ({ available: true, reason: null, languages: [] })
  const runs = new ProgramRuns({
    ...{ database, settings, jobs, now: () => Date.now() },
    refusal: async () => (await languages()).reason,
    onWritten: () => {},
  })
  return {
    runs,
    languages,
    /** The handler of jobs of kind `program`. */
    kind: JOB_KIND,
    run: async (_context: JobContext): Promise<object> => ({}),
    async start() {},
    async close() {
      await runs.close()
    },
  }
}

export type Programs = ReturnType<typeof openPrograms>
