import { performOperation } from '../src/datasessions/execution/perform-operation.ts'
import { performTask } from '../src/jobs/worker/perform-task.ts'
import { TEST_OPERATIONS } from './laboratory-operations.ts'

/** The process of a task, as `worker-task.ts` is, with the operations of tests. */
await performTask(performOperation(TEST_OPERATIONS))
