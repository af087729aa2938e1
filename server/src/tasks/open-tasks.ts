import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JobContext } from '../jobs/handlers.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Work } from '../jobs/worker/messages.ts'
import type { Log } from '../logging/levels.ts'
import type { Settings } from '../settings.ts'
import { Catalog } from './catalog/catalog.ts'
import { type AutomaticParts, openAutomatic } from './open-automatic.ts'
import { checkParams } from './params/params.ts'
import { asOperations } from './perform/as-operation.ts'
import type { CheckAutomaticPorts } from './runs/check-automatic.ts'
import { OldRuns } from './runs/old-runs.ts'
import { checkPictures } from './runs/pictures-asked.ts'
import { JOB_KIND, RunJobs } from './runs/run-jobs.ts'
import { Runs } from './runs/runs.ts'
import type { RunsLaboratory } from './runs/runs-laboratory.ts'
import { describedByWorker } from './untrusted/described-by-worker.ts'

export interface TasksParts extends Omit<AutomaticParts, keyof CheckAutomaticPorts | 'isRehearsal' | 'jobs' | 'log'> {
  settings: Pick<
    Settings,
    | 'dataDir'
    | 'backupDir'
    | 'tasksDir'
    | 'taskMs'
    | 'taskMemoryBytes'
    | 'taskOutputBytes'
    | 'laboratoryMs'
    | 'rehearsal'
  >
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'isFull' | 'refusalFor'>
  laboratory(): RunsLaboratory
  /** Has work done by a job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  log: Log
}

/** The folder of tasks that come with ajar. */
const FOLDER = fileURLToPath(new URL('../../tasks', import.meta.url))
/** As whom what is run by itself asks for pictures before it has a name: it has no files of its own. */
const BY_ITSELF = 'automatic:'
/** Those of that folder that are ajar's: without AJAR_TASKS_DIR one's own lie there too. */
export const SHIPPED: ReadonlySet<string> = new Set([
  ...['average_pixel', 'boundary', 'camera_health', 'graphNoise', 'graphProj', 'graph_pixel', 'hot_pixel', 'noise'],
])
/** Of one task at a time, where it says nothing else itself. */
const PROCESSES = 64

/** Tasks: which there are, calls of them, and when they are run by themselves. They wait for `start`. */
export function openTasks({ settings, laboratory, ...parts }: TasksParts) {
  const { database, jobs, log } = parts
  const catalog = new Catalog({
    ownFolder: settings.tasksDir,
    folder: FOLDER,
    shipped: SHIPPED,
    limits: {
      ...{ ms: settings.taskMs, memoryBytes: settings.taskMemoryBytes, processes: PROCESSES },
      outputBytes: settings.taskOutputBytes,
    },
    compiledFolder: join(settings.dataDir, 'compiled-tasks'),
    describeUntrusted: describedByWorker(parts.perform),
    hidden: [settings.dataDir, ...(settings.backupDir ? [settings.backupDir] : [])],
  })
  const automatic = openAutomatic({
    ...{ ...parts, findTask: (name: string) => catalog.find(name), checkParams },
    checkPictures: (...asked) => checkPictures(laboratory(), BY_ITSELF, ...asked),
    isRehearsal: settings.rehearsal,
  })
  const ports = { database, catalog, laboratory, checkParams }
  const runJobs = new RunJobs({ ...ports, automatic: automatic.runs })
  const oldRuns = new OldRuns({ database, keptMs: settings.laboratoryMs, log, now: () => Date.now() })
  return {
    /** What is run by itself. */
    automatic,
    catalog,
    /** Each task as an operation of data sessions. */
    operations: asOperations(catalog),
    runs: new Runs({ ...ports, jobs }),
    /** The handler of jobs of kind `task`. */
    kind: JOB_KIND,
    run: (context: JobContext): Promise<object> => runJobs.run(context),
    async start() {
      if (!settings.rehearsal) oldRuns.start()
    },
    close: () => oldRuns.close(),
  }
}

export type Tasks = ReturnType<typeof openTasks>
