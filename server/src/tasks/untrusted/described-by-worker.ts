import { setTimeout as sleep } from 'node:timers/promises'
import type { Work } from '../../jobs/worker/messages.ts'
import { LoadTimeout, TIMEOUT } from '../catalog/loading.ts'
import type { Described } from '../runners/describe-ts.ts'
import { describeInBox } from './describe-in-box.ts'

/** Its line in `worker-task.ts`. */
export const DESCRIBE_TASK = 'describe_task'

/** What `describeInBox` takes. `ms` is for the box: to wait for a worker is none of a task's fault. */
interface Asked {
  command: readonly string[]
  folder: string
  ms: number
}

/** Of its own process, and of making and removing a box. */
const SPARE_MS = 60_000
/** A worker that is restarted with the server comes a moment after it. */
const TRIES = 10
const AGAIN_MS = 1000

/**
 * Has untrusted tasks described by a job worker instead of by the server: who makes boxes needs namespaces and cgroups, which the
 * server, with its token and its network, does without.
 * @param perform rejects with the code of a failure; `worker_lost` where there is no worker
 * @returns rejects as `describeInBox` does
 */
export function describedByWorker(
  perform: (work: Work, signal: AbortSignal) => Promise<unknown>,
  againMs = AGAIN_MS,
): typeof describeInBox {
  return async (command, folder, ms) => {
    for (let tries = 1; ; tries++)
      try {
        const params: Asked = { command, folder, ms }
        const work = { task: DESCRIBE_TASK, params, inputs: none(), onMessage() {}, limitMs: ms + SPARE_MS }
        return (await perform(work, new AbortController().signal)) as Described
      } catch (error) {
        const { code, message } = error as Error & { code?: unknown }
        if (code === TIMEOUT) throw new LoadTimeout(message)
        if (code !== 'worker_lost') throw error
        if (tries === TRIES) throw new Error(`It is loaded by a job worker: ${message}.`)
        await sleep(againMs, undefined, { ref: false })
      }
  }
}

async function* none() {}

/** The worker's end of it. */
export function describeForServer({ command, folder, ms }: Asked): Promise<Described> {
  return describeInBox(command, folder, ms)
}
