import type { Socket } from 'node:net'
import type { Log } from '../../logging/levels.ts'
import { receive, send } from './message-stream.ts'
import {
  type FromWorker,
  LEAVING,
  LOG_LEVELS,
  type LogLevel,
  type ToWorker,
  type Work,
  WorkError,
  WorkerLostError,
} from './messages.ts'
import type { Pool } from './pool.ts'

/** A worker that does not stop what it was told to stop is given up. */
const CANCEL_LIMIT_MS = 5000
const HELLO_LIMIT_MS = 5000

/** Takes a line that the task of a job printed. */
export type LineListener = (job: string, level: Exclude<LogLevel, 'debug'>, text: string) => void

/** What a worker is taken with. */
export interface Greeting {
  pool: Pick<Pool, 'title' | 'connectionsEach'>
  /** For what the worker says for it. */
  log: Log
  /** Told what the task of a job printed. */
  onLine: LineListener
}

interface Current {
  id: number
  work: Work
  /** Resolves the wait for the task's wish for another input. */
  next: PromiseWithResolvers<void>
  outcome: PromiseWithResolvers<unknown>
  /** Has the worker give it up; the outcome is this error then. */
  stop(why: Error): void
}

/** The server's end of a connection to one worker, which does one task at a time. */
export class ConnectedWorker {
  readonly pid: number
  readonly startedAtMs: number
  /** Resolves when the connection has ended; rejects where what came over it was garbage. */
  readonly ended: Promise<void>
  readonly #socket: Socket
  readonly #log: Log
  readonly #onLine: LineListener
  readonly #gone: string
  #job: string | undefined
  #current: Current | null = null
  #lastId = 0

  private constructor(
    socket: Socket,
    { pid, startedAtMs }: Hello,
    messages: AsyncGenerator<FromWorker, undefined>,
    { log, onLine, pool }: Greeting,
  ) {
    this.#socket = socket
    this.#log = log
    this.#onLine = onLine
    this.#gone = `the ${pool.title} ended`
    this.pid = pid
    this.startedAtMs = startedAtMs
    this.ended = this.#read(messages)
    this.ended.catch(() => {}) // it may fail before it is waited for
    socket.once('close', () => this.#current?.outcome.reject(new WorkerLostError(this.#gone)))
  }

  /**
   * Waits until whoever connected says that it is a worker.
   * @throws where it says something else, or nothing
   */
  static async greet(socket: Socket, greeting: Greeting): Promise<ConnectedWorker> {
    const tooLate = setTimeout(() => socket.destroy(), HELLO_LIMIT_MS)
    const messages = receive<FromWorker>(socket)
    const { value: hello } = await messages.next().finally(() => clearTimeout(tooLate))
    if (!isHello(hello)) throw new WorkError('no_worker', 'who connects says first that it is a worker, and did not')
    const { connectionsEach: connections } = greeting.pool
    await send(socket, { kind: 'welcome', connections } satisfies ToWorker)
    return new ConnectedWorker(socket, hello, messages, greeting)
  }

  /** @throws WorkError, WorkerLostError */
  async perform(work: Work, signal: AbortSignal): Promise<unknown> {
    let why: Error | null = null
    let patience: NodeJS.Timeout | undefined
    const current: Current = {
      id: ++this.#lastId,
      work,
      next: Promise.withResolvers<void>(),
      outcome: Promise.withResolvers<unknown>(),
      stop: (reason) => {
        if (why) return
        why = reason
        this.#say({ kind: 'cancel', id: current.id })
        patience = setTimeout(() => this.#socket.destroy(), CANCEL_LIMIT_MS)
      },
    }
    const { stop } = current
    this.#current = current
    this.#job = work.job
    const onAbort = () => stop(new WorkError('cancelled', 'it was cancelled'))
    const minutes = work.limitMs / 60_000
    const limit = setTimeout(() => stop(new WorkError('timeout', `it took more than ${minutes} minutes`)), work.limitMs)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (this.#socket.destroyed) throw new WorkerLostError(this.#gone)
      this.#say({ kind: 'begin', id: current.id, task: work.task, params: work.params })
      if (signal.aborted) onAbort()
      this.#feed(current).catch(stop)
      return await current.outcome.promise
    } catch (error) {
      throw why ?? error
    } finally {
      this.#current = null
      current.next.resolve()
      clearTimeout(limit)
      clearTimeout(patience)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Tells it to end; what it is at is done again. */
  leave() {
    this.#say({ kind: 'leave' })
  }

  close() {
    this.#socket.destroy()
  }

  async #feed(current: Current) {
    const { id, work } = current
    for await (const input of work.inputs) {
      await current.next.promise
      if (this.#current !== current) return // it ended without them
      current.next = Promise.withResolvers()
      this.#say({ kind: 'input', id, input })
    }
    await current.next.promise
    if (this.#current === current) this.#say({ kind: 'complete', id })
  }

  async #read(messages: AsyncGenerator<FromWorker, undefined>) {
    for await (const message of messages) {
      if (message.kind === 'log') {
        this.#take(message)
        continue
      }
      const current = this.#current
      if (!current || !('id' in message) || message.id !== current.id) continue // of a task that is over
      const { outcome, next, work, stop } = current
      if (message.kind === 'next') next.resolve()
      else if (message.kind === 'done') outcome.resolve(message.result)
      else if (message.kind === 'failed') outcome.reject(errorOf(message))
      else await tell(work, message.message).catch(stop)
    }
  }

  /** What a task has printed may come when it is over already: the lines are still its own. */
  #take({ id, level, text }: Extract<FromWorker, { kind: 'log' }>) {
    if (!LOG_LEVELS.includes(level)) return
    const job = id === this.#lastId ? this.#job : undefined
    this.#log[level]({ worker: this.pid, ...(job === undefined ? {} : { job }) }, String(text))
    if (job !== undefined && level !== 'debug') this.#onLine(job, level, String(text))
  }

  /** Where it is not taken the connection is gone, which is noticed by whoever waits. */
  #say(message: ToWorker) {
    send(this.#socket, message).catch(() => this.#socket.destroy())
  }
}

async function tell(work: Work, message: unknown) {
  await work.onMessage(message)
}

type Hello = Extract<FromWorker, { kind: 'hello' }>

function isHello(message: FromWorker | undefined): message is Hello {
  return message?.kind === 'hello' && Number.isInteger(message.pid) && Number.isFinite(message.startedAtMs)
}

function errorOf({ code, message, fault }: { code: string; message: string; fault?: string }): Error {
  return code === LEAVING ? new WorkerLostError(message, { inOrder: true }) : new WorkError(code, message, fault)
}
