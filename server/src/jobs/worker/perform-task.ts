import { Socket } from 'node:net'
import { receive, send } from './message-stream.ts'
import type { FromTask, LastOfTask, ToTask } from './messages.ts'

/** Where a task's process finds its worker: the descriptor behind standard error. */
export const TASK_DESCRIPTOR = 3

/** A process that holds more takes no other task: its memory is given back with it. */
const MOST_BYTES = 300e6

/**
 * Does a task: a function of its parameters and of inputs that come one by one.
 * @param tell resolves when what it is told is on its way, which is what slows down a task that tells much
 */
export type Task<Params extends object, Input, Told> = (
  params: Params,
  inputs: AsyncIterable<Input>,
  tell: (message: Told) => Promise<void>,
) => Promise<unknown>

export interface PerformOptions {
  /**
   * Whether the process takes the next task of its name: for tasks that leave nothing behind in it, and are done in less
   * time than a process takes to begin. @default false
   */
  isReused?: boolean
  /** Holding more, it takes no other one, bytes. */
  mostBytes?: number
}

type Begin = Extract<ToTask, { kind: 'begin' }>

/** In the process of a task: does it, and says what came of it. The process ends when its worker does, or ends it. */
export async function performTask(
  task: Task<never, never, unknown>,
  { isReused = false, mostBytes = MOST_BYTES }: PerformOptions = {},
): Promise<void> {
  const stream = new Socket({ fd: TASK_DESCRIPTOR, readable: true, writable: true })
  stream.on('error', () => {}) // its end is what counts
  const say = (message: FromTask) => send(stream, message)
  let begun = Promise.withResolvers<Begin>()
  let input = Promise.withResolvers<{ value: unknown } | null>()
  void read(stream, (message) => {
    if (message.kind === 'begin') begun.resolve(message)
    else input.resolve(message.kind === 'input' ? { value: message.input } : null)
  }).finally(() => process.exit())
  for (;;) {
    const { params, mark } = await begun.promise
    begun = Promise.withResolvers()
    let isOver = false
    const inputs = async function* () {
      for (;;) {
        input = Promise.withResolvers()
        await say({ kind: 'next' })
        const next = await input.promise
        if (!next) return
        yield next.value
      }
    }
    // What it says when it is over would be taken for a word of the next one.
    const tell = async (message: unknown) => (isOver ? undefined : say({ kind: 'told', message }))
    await say({ kind: 'begun' })
    const last = await outcomeOf(() => task(params as never, inputs() as AsyncIterable<never>, tell))
    isOver = true
    const again = isReused && !isUnexpected(last) && process.memoryUsage.rss() <= mostBytes
    if (again) await printMark(mark)
    await say({ ...last, again })
    if (!again) return
  }
}

async function outcomeOf(work: () => Promise<unknown>): Promise<LastOfTask> {
  try {
    return { kind: 'done', result: await work() }
  } catch (error) {
    const { code, fault, message } = error as Error & { code?: unknown; fault?: unknown }
    const whose = typeof fault === 'string' ? { fault } : {}
    return { kind: 'failed', code: typeof code === 'string' ? code : UNEXPECTED, message, ...whose }
  }
}

/** An error that nobody has thought of: what else of the process is not as it should be, nobody knows. */
const UNEXPECTED = 'internal'

function isUnexpected(last: LastOfTask): boolean {
  return last.kind === 'failed' && last.code === UNEXPECTED
}

/** Resolves when it is written: whatever was printed before has been then. */
async function printMark(mark: string) {
  for (const output of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => output.write(`\n${mark}\n`, () => resolve()))
}

/** Always reads, so that the end of the worker is noticed whatever the task is at. */
async function read(stream: Socket, take: (message: ToTask) => void) {
  for await (const message of receive<ToTask>(stream)) take(message)
}
