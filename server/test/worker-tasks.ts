import { performTask, type Task } from '../src/jobs/worker/perform-task.ts'

/** The process of a task, as `worker-task.ts` is: tasks that do what a test needs. */

interface Reused {
  how?: 'refuse' | 'fail' | 'grow' | 'crash' | 'hold'
  lines?: string[]
}

/** What it holds on to. */
const held: Buffer[] = []

const TASKS: Record<string, Task<never, unknown, unknown>> = {
  /** Says its process, prints, and does what the test says; the process takes another one. */
  async reused({ how, lines = [] }: Reused, inputs, tell) {
    await tell({ pid: process.pid })
    for await (const input of inputs) lines.push(String(input))
    process.stdout.write(lines.join('\n'))
    process.stderr.write(lines.join('\n'))
    if (how === 'refuse') throw Object.assign(new Error('no door in sight'), { code: 'no_door' })
    if (how === 'fail') throw new Error('nobody thought of that')
    if (how === 'grow') held.push(Buffer.alloc(400e6, 1))
    if (how === 'crash') process.kill(process.pid, 'SIGKILL')
    if (how === 'hold' || how === 'crash') await new Promise(() => setInterval(() => {}, 1000))
    return process.pid
  },
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

const [, , name = ''] = process.argv
const task = TASKS[name]
if (task) await performTask(task, { isReused: name === 'reused' })
