import type { OperationTask } from '../src/datasessions/execution/perform-messages.ts'
import { performOperation } from '../src/datasessions/execution/perform-operation.ts'
import { externalOperation } from '../src/tasks/perform/perform-task.ts'

/** Does one task as its process does, and prints what came of it and how much memory that took, in bytes. */
const task = JSON.parse(process.argv[2] ?? '') as OperationTask
const made = await performOperation([], externalOperation)(task, (async function* () {})(), async () => {})
console.log(JSON.stringify({ made, bytes: process.resourceUsage().maxRSS * 1024 }))
