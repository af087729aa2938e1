import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../logging/levels.ts'
import { receive, send } from './message-stream.ts'
import { type FromWorker, LEAVING, type LogLevel, type ToWorker } from './messages.ts'
import { outputLines } from './output-lines.ts'
import { meetingPoint } from './socket-path.ts'
import { TaskProcess } from './task-process.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000

export interface JobWorkerOptions {
  dataDir: string
  /** What the process of a task runs: it takes the task's name as its argument. */
  entry: URL
  /** Prints; while there is a server, it has the lines too. */
  log: Log
}

/**
 * The worker's end: connects to the server, again and again while it is away, and has each task done by a process of
 * its own. So this one always answers, a task that is cancelled is gone at once, and its memory is given back.
 */
export class JobWorker {
  readonly #options: JobWorkerOptions
  readonly #startedAtMs = Date.now()
  readonly #closing = new AbortController()
  #socket: Socket | null = null
  #task: { id: number; process: TaskProcess } | null = null
  #wait = FIRST_WAIT_MS

  constructor(options: JobWorkerOptions) {
    this.#options = options
  }

  /** Resolves when it was closed, or told to leave. */
  async run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      const socket = await connect(this.#options.dataDir)
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
      this.#task?.process.kill()
      this.#task = null
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
    else if (message.kind === 'cancel') this.#task.process.kill()
    else if (message.kind === 'input') this.#task.process.give({ kind: 'input', input: message.input })
    else this.#task.process.give({ kind: 'complete' })
  }

  async #perform(socket: Socket, { id, task, params }: Extract<ToWorker, { kind: 'begin' }>) {
    const process = new TaskProcess(this.#options.entry, task)
    const current = { id, process }
    this.#task = current
    process.give({ kind: 'begin', params })
    const { stdout, stderr } = process.output
    void this.#pass(stdout, 'info', id)
    void this.#pass(stderr, 'warn', id)
    for await (const message of process.messages()) {
      if (this.#task !== current) continue // given up: nobody waits for what it says
      await this.#say(socket, { ...message, id })
    }
    if (this.#task === current) this.#task = null
  }

  /** As fast as the server takes it, which slows down a task that prints much. */
  async #pass(output: Readable, level: LogLevel, id: number) {
    try {
      for await (const line of outputLines(output)) await this.#tell(level, line, id)
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

/** @returns null where there is no server now */
async function connect(dataDir: string): Promise<Socket | null> {
  let close = () => {}
  try {
    const meeting = meetingPoint(dataDir)
    close = meeting.close
    const socket = createConnection(meeting.path)
    socket.on('error', () => {}) // the connection's end is what counts
    await once(socket, 'connect')
    return socket
  } catch {
    return null
  } finally {
    close()
  }
}
