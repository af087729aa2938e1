import type { StateDatabase } from '../database/state-database.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Log } from '../logging/levels.ts'
import type { Settings } from '../settings.ts'

export interface ProgramsParts {
  database: StateDatabase
  settings: Settings
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel'>
  log: Log
}

/** Programs that users write. They wait for `start`. */
export function openPrograms(_parts: ProgramsParts) {
  return {
    /** The handler of jobs of kind `program`. */
    kind: 'program',
    run: async (_context: JobContext): Promise<object> => ({}),
    async start() {},
    async close() {},
  }
}

export type Programs = ReturnType<typeof openPrograms>
