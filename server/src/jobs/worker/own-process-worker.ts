import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../logging/levels.ts'
import { connectTo } from './connect-to.ts'
import { MessageError, receive, send } from './message-stream.ts'
import { type FromWorker, LEAVING, type ToWorker } from './messages.ts'
import type { Meeting } from './socket-path.ts'

const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2000

/**
 * Work that is done in the worker's own process, because it mostly waits for others.
 * @param tell resolves when what it is told is on its way
 * @param signal aborted where nobody waits for it any more: it ends soon then
 */
export type WaitingTask = (
  params: never,
  tell: (message: unknown) => Promise<void>,
  signal: AbortSignal,
) => Promise<unknown>

export interface OwnProcessWorkerOptions {
  meeting: Meeting
  /** By name. */
  tasks: Readonly<Record<string, WaitingTask>>
  log: Log
}

/**
 * A worker that does several pieces of work at once, in this process: it has a connection for each, as many as the server
 * says when it greets the first. Each connection finds the server again by itself, after what it was at has ended.
 */
export class OwnProcessWorker {
  readonly #options: OwnProcessWorkerOptions
  readonly #startedAtMs = Date.now()
  readonly #closing = new AbortController()
  readonly #connections: Promise<void>[] = []
  #wanted = 1

  constructor(options: OwnProcessWorkerOptions) {
    this.#options = options
  }

  /** Resolves when it was closed, or told to leave, and nothing is done any more. */
  async run(): Promise<void> {
    this.#open()
    // Each of them may have opened others.
    for (let i = 0; i < this.#connections.length; i++) await this.#connections[i]
  }

  /** Gives up what it is at and says so. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#connections)
  }

  #open() {
    while (this.#connections.length < this.#wanted) this.#connections.push(this.#connect(this.#connections.length))
  }

  async #connect(place: number): Promise<void> {
    const { signal } = this.#closing
    let wait = FIRST_WAIT_MS
    while (!signal.aborted) {
      const socket = place < this.#wanted ? await connectTo(this.#options.meeting) : null
      if (socket && !signal.aborted && (await this.#serve(socket, place))) wait = FIRST_WAIT_MS
      socket?.destroy()
      if (signal.aborted) return
      const jitter = 0.5 + Math.random() / 2
      await sleep(wait * jitter, undefined, { signal }).catch(() => {})
      wait = Math.min(2 * wait, LONGEST_WAIT_MS)
    }
  }

  /** @returns whether the server took it for its worker; nothing of its work goes on then */
  async #serve(socket: Socket, place: number): Promise<boolean> {
    const { log, meeting } = this.#options
    const { signal } = this.#closing
    let wasWelcome = false
    let current: { id: number; end: AbortController; ended: Promise<void> } | null = null
    const say = (message: FromWorker) =>
      send(socket, message).catch((error: Error) => {
        // Nothing of it was sent: that what it is at says too much ends that, and nothing else.
        if (error instanceof MessageError) throw error
        socket.destroy()
      })
    // What it is at is given up with the process, and said so before the connection ends.
    const onClose = () => void (current ? current.end.abort() : socket.destroy())
    signal.addEventListener('abort', onClose, { once: true })
    try {
      await say({ kind: 'hello', pid: process.pid, startedAtMs: this.#startedAtMs })
      for await (const message of receive<ToWorker>(socket)) {
        if (message.kind === 'welcome') {
          wasWelcome = true
          this.#wanted = message.connections
          this.#open()
          if (place >= this.#wanted) break
          if (place === 0) log.debug(`connected to the server at ${meeting.name}`)
        } else if (message.kind === 'leave') this.#closing.abort()
        else if (message.kind === 'begin') {
          const end = new AbortController()
          current = { id: message.id, end, ended: this.#perform(message, end.signal, say).finally(onDone) }
          if (signal.aborted) end.abort()
        } else if (message.kind === 'cancel' && message.id === current?.id) current.end.abort()
      }
    } catch (err) {
      log.error({ err }, 'what the server said could not be read')
    } finally {
      signal.removeEventListener('abort', onClose)
      current?.end.abort()
      await current?.ended
    }
    return wasWelcome

    function onDone() {
      current = null
      if (signal.aborted) socket.destroy()
    }
  }

  async #perform(
    { id, task, params }: Extract<ToWorker, { kind: 'begin' }>,
    signal: AbortSignal,
    say: (message: FromWorker) => Promise<void>,
  ) {
    let isOver = false
    try {
      const perform = this.#options.tasks[task]
      if (!perform) throw new Error(`nothing here does ${task}: server and worker are not of the same release`)
      // What it says when it is over would be taken for a word of the next one.
      const tell = async (message: unknown) => (isOver ? undefined : say({ kind: 'told', id, message }))
      const result = await perform(params as never, tell, signal)
      isOver = true
      await say({ kind: 'done', id, result })
    } catch (error) {
      isOver = true
      const { code, fault, message } = error as Error & { code?: unknown; fault?: unknown }
      const whose = typeof fault === 'string' ? { fault } : {}
      const failed = {
        kind: 'failed',
        id,
        code: typeof code === 'string' ? code : 'internal',
        message,
        ...whose,
      } as const
      const left = { kind: 'failed', id, code: LEAVING, message: 'the worker was told to end' } as const
      await say(this.#closing.signal.aborted ? left : failed)
    }
  }
}
