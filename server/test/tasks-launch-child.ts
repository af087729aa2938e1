import { dirname } from 'node:path'
import { describeBounds } from '../src/tasks/bounds/machine.ts'
import { type Launch, launch } from '../src/tasks/launch/launch.ts'
import { leftOf } from './left-of.ts'

/** What one launch came to, as a line of this program tells it. */
export interface Outcome {
  /** `fine`, or that of its error. */
  code: string
  message: string
  /** Processes that name its folder and run on. */
  left: number
}

/** Launches by other users and in other namespaces than the tests: `tasks-launch-child.ts JSON`, a list of launches. */
const launches = JSON.parse(process.argv[2] ?? '[]') as Launch[]
for (const each of launches) {
  const { code, message } = await launch({ ...each, signal: new AbortController().signal }).then(
    () => ({ code: 'fine', message: '' }),
    (error) => error,
  )
  const left = leftOf(dirname(each.workFolder), 'tasks-launch-child').length
  const outcome: Outcome = { code, message, left }
  console.log(JSON.stringify(outcome))
}
console.log(JSON.stringify(await describeBounds()))
