import { constants, setPriority } from 'node:os'
import { performTask, type Task } from './jobs/worker/perform-task.ts'

/** The process of a task: its worker says which. */

/** What can be done here; a line for each. Loaded when it is asked for: it may take long to load. */
const TASKS: Record<string, () => Promise<Task<never, never, unknown>>> = {
  import: async () => (await import('./training/labels/import-task.ts')).importZip,
  import_csv: async () => (await import('./training/labels/csv/import-csv.ts')).importCsv,
  embedding: async () => (await import('./training/embed-task.ts')).embed,
  backup: async () => (await import('./backup/backup-task.ts')).backUp,
  operation: async () => {
    const { performOperation } = await import('./datasessions/execution/perform-operation.ts')
    const { externalOperation } = await import('./tasks/perform/perform-task.ts')
    return performOperation((await import('./datasessions/operations.ts')).OPERATIONS, externalOperation)
  },
  // Without the operations of ajar, which take long to load.
  task: async () => {
    const { performOperation } = await import('./datasessions/execution/perform-operation.ts')
    return performOperation([], (await import('./tasks/perform/perform-task.ts')).externalOperation)
  },
  // In a box, for the list of tasks.
  describe_task: async () => (await import('./tasks/untrusted/described-by-worker.ts')).describeForServer,
  usability: async () => (await import('./training/usability/usability-task.ts')).compareStates,
  training: async () => (await import('./training/trainer.ts')).train,
}

// What a task does can wait, and what the server does cannot: where both want a core, the task gives way.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

const [, , name = ''] = process.argv
const load = TASKS[name]
if (!load) throw new Error(`nothing here does ${name}: server and worker are not of the same release`)
// A call of a task is to cost little more than its executable.
await performTask(await load(), { isReused: name === 'task' })
