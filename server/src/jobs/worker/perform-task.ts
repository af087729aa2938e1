import { Socket } from 'node:net'
import { receive, send } from './message-stream.ts'
import type { FromTask, ToTask } from './messages.ts'

/** Where a task's process finds its worker: the descriptor behind standard error. */
export const TASK_DESCRIPTOR = 3

/**
 * Does a task: a function of its parameters and of inputs that come one by one.
 * @param tell resolves when what it is told is on its way, which is what slows down a task that tells much
 */
export type Task<Params extends object, Input, Told> = (
  params: Params,
  inputs: AsyncIterable<Input>,
  tell: (message: Told) => Promise<void>,
) => Promise<unknown>

/** In the process of a task: does it, and says what came of it. The process ends when its worker does. */
export async function performTask(task: Task<never, never, unknown>): Promise<void> {
  const stream = new Socket({ fd: TASK_DESCRIPTOR, readable: true, writable: true })
  stream.on('error', () => {}) // its end is what counts
  const say = (message: FromTask) => send(stream, message)
  const begun = Promise.withResolvers<object>()
  let input = Promise.withResolvers<{ value: unknown } | null>()
  void read(stream, (message) => {
    if (message.kind === 'begin') begun.resolve(message.params)
    else input.resolve(message.kind === 'input' ? { value: message.input } : null)
  }).finally(() => process.exit())
  const inputs = async function* () {
    for (;;) {
      input = Promise.withResolvers()
      await say({ kind: 'next' })
      const next = await input.promise
      if (!next) return
      yield next.value
    }
  }
  try {
    const tell = (message: unknown) => say({ kind: 'told', message })
    const result = await task((await begun.promise) as never, inputs() as AsyncIterable<never>, tell)
    await say({ kind: 'done', result })
  } catch (error) {
    const { code, fault, message } = error as Error & { code?: unknown; fault?: unknown }
    const whose = typeof fault === 'string' ? { fault } : {}
    await say({ kind: 'failed', code: typeof code === 'string' ? code : 'internal', message, ...whose })
  }
}

/** Always reads, so that the end of the worker is noticed whatever the task is at. */
async function read(stream: Socket, take: (message: ToTask) => void) {
  for await (const message of receive<ToTask>(stream)) take(message)
}
