import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../logging/levels.ts'
import { connectTo } from './connect-to.ts'
import { receive, send } from './message-stream.ts'
import { type FromWorker, type LastOfTask, LEAVING, type LogLevel, type ToWorker } from './messages.ts'
import { jobWorkerMeeting } from './socket-path.ts'
import { SpareProcess } from './spare-process.ts'
import { isLast, TaskProcess } from './task-process.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000
/** A process that says that it has printed all, and has not, is ended. */
const PRINTED_LIMIT_MS = 5000

interface Current {
  id: number
  process: TaskProcess
  /** Whether it was told to end. */
  isCancelled: boolean
}

export interface JobWorkerOptions {
  dataDir: string
  /** What the process of a task runs: it takes the task's name as its argument. */
  entry: URL
  /** Prints; while there is a server, it has the lines too. */
  log: Log
  /** For how long a process that takes another task waits for one. @default 20_000 */
  idleMs?: number
}

/**
 * The worker's end: connects to the server, again and again while it is away, and has each task done by a process of
 * its own. So this one always answers, a task that is cancelled is gone at once, and its memory is given back. A process
 * that says that it takes another task of its name waits a while for one.
 */
export class JobWorker {
  readonly #options: JobWorkerOptions
  readonly #startedAtMs = Date.now()
  readonly #closing = new AbortController()
  #socket: Socket | null = null
  readonly #spare: SpareProcess
  #task: Current | null = null
  /** Of what came of the task before: that it is on its way to the server. */
  #told: Promise<void> = Promise.resolve()
  #wait = FIRST_WAIT_MS

  constructor(options: JobWorkerOptions) {
    this.#options = options
    this.#spare = new SpareProcess(options.idleMs)
  }

  /** Resolves when it was closed, or told to leave. */
  async run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const socket = await connectTo(jobWorkerMeeting(this.#options.dataDir))
      if (socket && !signal.aborted) await this.#serve(socket)
      socket?.destroy()
      if (signal.aborted) return
      const jitter = 0.5 + Math.random() / 2
      await sleep(this.#wait * jitter, undefined, { signal }).catch(() => {})
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS)
    }
  }

  /** Gives up what it is at and says so. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#spare.end()
    await this.#told
    const [socket, task] = [this.#socket, this.#task]
    if (socket && task) {
      const message = 'the job worker was told to end'
      await this.#say(socket, { kind: 'failed', id: task.id, code: LEAVING, message })
    }
    socket?.destroy()
  }

  async #serve(socket: Socket) {
    this.#socket = socket
    try {
      await this.#say(socket, { kind: 'hello', pid: process.pid, startedAtMs: this.#startedAtMs })
      for await (const message of receive<ToWorker>(socket)) this.#take(socket, message)
    } catch (err) {
      await this.#tell('error', `what the server said could not be read: ${(err as Error).message}`)
    } finally {
      this.#socket = null
      if (this.#task) end(this.#task)
      this.#task = null
      this.#spare.end()
    }
  }

  /** Never waits, so that a `cancel` is read at any time: the server sends no input before it is asked for. */
  #take(socket: Socket, message: ToWorker) {
    if (message.kind === 'welcome') {
      this.#wait = FIRST_WAIT_MS
      void this.#tell('debug', 'connected to the server')
    } else if (message.kind === 'leave') void this.close()
    else if (message.kind === 'begin') void this.#perform(socket, message)
    else if (message.id !== this.#task?.id)
      return // it is over
    else if (message.kind === 'cancel') end(this.#task)
    else if (message.kind === 'input') this.#task.process.give({ kind: 'input', input: message.input })
    else this.#task.process.give({ kind: 'complete' })
  }

  async #perform(socket: Socket, { id, task, params }: Extract<ToWorker, { kind: 'begin' }>) {
    const spare = this.#spare.take(task)
    const current: Current = { id, process: spare ?? this.#newProcess(task), isCancelled: false }
    this.#task = current
    let last = await this.#follow(socket, current, params, spare !== null)
    if (last === null) {
      current.process = this.#newProcess(task)
      last = await this.#follow(socket, current, params, false)
    }
    if (last === null || this.#task !== current) return // given up: nobody waits for what it says
    const { again, ...said } = last
    // The next task may be given to us as soon as the server knows of this one's end.
    this.#task = null
    if (again) this.#spare.keep(current.process)
    this.#told = this.#say(socket, { ...said, id })
    await this.#told
  }

  /**
   * Has a process do a task, and passes on what it says and prints, but for its last word.
   * @param wasUsed whether it was there before
   * @returns that; null where it was there before and had ended in that instant, which is nobody's fault: it has done nothing
   */
  async #follow(socket: Socket, current: Current, params: object, wasUsed: boolean): Promise<LastOfTask | null> {
    const { id, process } = current
    const { messages, stdout, stderr } = process.begin(params)
    const printed = Promise.all([this.#pass(stdout, 'info', id), this.#pass(stderr, 'warn', id)])
    let hasBegun = false
    let last: LastOfTask | null = null
    for await (const message of messages) {
      if (message.kind === 'begun') hasBegun = true
      else if (isLast(message)) last = message
      else if (this.#task === current) await this.#say(socket, { ...message, id })
    }
    if (wasUsed && !hasBegun && !current.isCancelled) return null
    // Of a process that goes on, the next task's lines come after all of this one's.
    if (last?.again) await orEnded(printed, process)
    return last
  }

  #newProcess(task: string): TaskProcess {
    return new TaskProcess(this.#options.entry, task)
  }

  /** As fast as the server takes it, which slows down a task that prints much. */
  async #pass(lines: AsyncIterable<string>, level: LogLevel, id: number) {
    try {
      for await (const line of lines) await this.#tell(level, line, id)
    } catch {
      // The process could not be started, which is told as what came of the task.
    }
  }

  async #tell(level: LogLevel, text: string, id: number | null = null) {
    this.#options.log[level](text)
    if (this.#socket) await this.#say(this.#socket, { kind: 'log', id, level, text })
  }

  async #say(socket: Socket, message: FromWorker) {
    await send(socket, message).catch(() => socket.destroy())
  }
}

function end(current: Current) {
  current.isCancelled = true
  current.process.kill()
}

/** Waits until all is read that a process printed, or ends the process, with which that ends too. */
async function orEnded(printed: Promise<unknown>, process: TaskProcess) {
  const limit = setTimeout(() => process.kill(), PRINTED_LIMIT_MS)
  await printed
  clearTimeout(limit)
}
