import { performTask, type Task } from '../src/jobs/worker/perform-task.ts'

/** The process of a task, as `worker-task.ts` is: tasks that do what a test needs. */

const TASKS: Record<string, Task<never, unknown, unknown>> = {
  /** Says its process, then gives its inputs back. */
  async echo(params, inputs, tell) {
    await tell({ pid: process.pid })
    const taken = []
    for await (const input of inputs) taken.push(input)
    return { params, taken }
  },
  async print() {
    process.stdout.write('on the way\n')
    process.stderr.write(`no door\n${'x\n'.repeat(10_000)}`)
    throw new Error('it fails')
  },
  async endless(_, __, tell) {
    await tell({ pid: process.pid })
    return new Promise(() => setInterval(() => {}, 1000))
  },
  async crash() {
    process.kill(process.pid, 'SIGKILL')
    return new Promise(() => {})
  },
  async end() {
    process.exit(3)
  },
  async refuse() {
    throw Object.assign(new Error('no door in sight'), { code: 'no_door' })
  },
}

const task = TASKS[process.argv[2] ?? '']
if (task) await performTask(task)
