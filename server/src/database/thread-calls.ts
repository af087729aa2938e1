import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What a thread answers to the request of that id, or that the disk refuses (`held`) and works again (null). */
export type ThreadReply =
  | { id: number; value: unknown }
  | { id: number; error: string; errcode: number | null }
  | { held: string | null }

/** A statement that SQLite refused; `errcode` is SQLite's extended result code (https://sqlite.org/rescode.html). */
export class SqliteError extends Error {
  readonly code = 'sqlite'
  readonly errcode: number | null
  constructor(message: string, errcode: number | null) {
    super(message)
    this.errcode = errcode
  }
}

/** The thread was closed before it could answer. */
export class ThreadClosedError extends Error {
  readonly code = 'thread_closed'
  constructor() {
    super('the thread is closed')
  }
}

/**
 * Calls to a thread of ours: requests are answered by their id, and all fail once the thread is closed. A thread that
 * breaks takes the process with it: nothing can be kept without it, and after the restart the rows say where to go on.
 */
export class ThreadCalls<Request extends object> {
  readonly #worker: Worker
  readonly #onHeld: (why: string | null) => void
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  #lastId = 0
  #held: string | null = null
  #closed: Promise<unknown> | null = null

  private constructor(worker: Worker, onHeld: (why: string | null) => void) {
    this.#worker = worker
    this.#onHeld = onHeld
    // There is no listener for 'error', so that it is an uncaught exception.
    worker.on('message', (message: unknown) => {
      if (isReply(message)) this.#take(message)
    })
    worker.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new ThreadClosedError())
      this.#waiting.clear()
    })
  }

  /** Starts the thread of a file and waits until it says 'ready'; rejects with the error that its start met. */
  static async open<Request extends object>(
    file: URL,
    workerData: object,
    onHeld: (why: string | null) => void = () => {},
  ): Promise<ThreadCalls<Request>> {
    const worker = new Worker(file, { workerData })
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject)
      worker.on('message', function listen(message: unknown) {
        if (message !== 'ready') return
        worker.off('message', listen).off('error', reject)
        resolve()
      })
    })
    return new ThreadCalls<Request>(worker, onHeld)
  }

  /** Why the disk refuses right now, or null. */
  get held(): string | null {
    return this.#held
  }

  call<Answer>(request: Request, transfer: ArrayBuffer[] = []): Promise<Answer> {
    if (this.#closed) return Promise.reject(new ThreadClosedError())
    const id = ++this.#lastId
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#worker.postMessage({ ...request, id }, transfer)
    })
  }

  /** Sends 'close' behind all requests and waits until the thread has ended. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = once(this.#worker, 'exit')
      this.#worker.postMessage('close')
    }
    await this.#closed
  }

  #take(reply: ThreadReply) {
    if ('held' in reply) {
      this.#held = reply.held
      return this.#onHeld(reply.held)
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting?.reject(new SqliteError(reply.error, reply.errcode))
    else waiting?.resolve(reply.value)
  }
}

/** Node itself sends messages through a thread's port where it watches files (`node --watch`). */
function isReply(message: unknown): message is ThreadReply {
  return typeof message === 'object' && message !== null && ('id' in message || 'held' in message)
}
