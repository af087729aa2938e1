import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { InTurn } from '../../in-turn.ts'
import type { Log } from '../../logging/levels.ts'
import { ConnectedWorker, type LineListener } from './connected-worker.ts'
import { type Work, WorkerLostError } from './messages.ts'
import { OwnWorker } from './own-worker.ts'
import { clearMeetingPoint, type MeetingPoint, meetingPoint } from './socket-path.ts'

/** One works; a second one is a spare, or takes over from one that ends. More are a mistake. */
const MOST_WORKERS = 4
const CONNECT_LIMIT_MS = 60_000
/** Memory is given back when nothing is to be done. */
const IDLE_MS = 60_000

export interface WorkersOptions {
  dataDir: string
  /** The server starts a worker of its own when one is needed; otherwise somebody else does. */
  own: { entry: URL; environment: Record<string, string> } | null
  log: Log
  /** Told when work can be done that could not be done before. */
  onConnected(): void
  /** Told what the task of a job prints; the log has it too. */
  onLine: LineListener
}

/** The processes that do what would take a core of the server: whoever connects to the socket in the data folder. */
export class Workers {
  readonly #options: WorkersOptions
  readonly #own: OwnWorker | null
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connected: ConnectedWorker[] = []
  readonly #turn = new InTurn(1)
  #meeting: MeetingPoint | null = null
  /** Who waits for the own worker to connect; jobs run one at a time, so it is one. */
  #awaited: PromiseWithResolvers<ConnectedWorker> | null = null
  #idle: NodeJS.Timeout | undefined
  #closing = false

  constructor(options: WorkersOptions) {
    this.#options = options
    this.#own = options.own && new OwnWorker(options.own.entry, options.own.environment)
    this.#server = createServer((socket) => void this.#take(socket))
  }

  /** Listens. Only for who holds the data folder. */
  async start() {
    const { dataDir } = this.#options
    clearMeetingPoint(dataDir)
    const meeting = meetingPoint(dataDir)
    this.#meeting = meeting
    this.#server.listen({ path: meeting.path, backlog: MOST_WORKERS })
    await once(this.#server, 'listening').catch((error: Error) => {
      const why = `the socket of the job worker cannot be made in ${dataDir}/run (${error.message})`
      throw new Error(`${why}: set AJAR_DATA_DIR to a folder on a local disk of Linux's own`, { cause: error })
    })
    // After a failed accept there is another one: what fails is one connection.
    this.#server.on('error', (err) => this.#options.log.warn({ err }, 'the job worker could not connect'))
    chmodSync(meeting.path, 0o600)
  }

  /** Whether work that is given now begins. */
  get ready(): boolean {
    return this.#own !== null || this.#connected.length > 0
  }

  /** Those that are connected, the longest first. */
  list(): { pid: number; startedAtMs: number }[] {
    return this.#connected.map(({ pid, startedAtMs }) => ({ pid, startedAtMs }))
  }

  /** Tells the workers to end; whoever started them starts them again. @returns how many there were */
  leave(): number {
    const told = this.#connected
    this.#connected = [] // nothing more is given to them
    for (const worker of told) worker.leave()
    return told.length
  }

  /** @throws WorkError, WorkerLostError */
  async perform(work: Work, signal: AbortSignal): Promise<unknown> {
    return this.#turn.run(async () => {
      clearTimeout(this.#idle)
      try {
        const worker = this.#connected[0] ?? (await this.#startOwn(signal))
        return await worker.perform(work, signal)
      } catch (error) {
        if (error instanceof WorkerLostError && !signal.aborted)
          this.#options.log.warn({ job: work.job, task: work.task, why: error.message }, 'a task lost its job worker')
        throw error
      } finally {
        if (!this.#closing) this.#idle = setTimeout(() => this.#retireOwn(), IDLE_MS).unref()
      }
    })
  }

  async close() {
    this.#closing = true
    clearTimeout(this.#idle)
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await this.#own?.close()
    this.#meeting?.close()
  }

  async #startOwn(signal: AbortSignal): Promise<ConnectedWorker> {
    if (!this.#own) throw new WorkerLostError('no job worker is connected')
    const awaited = Promise.withResolvers<ConnectedWorker>()
    this.#awaited = awaited
    awaited.promise.catch(() => {}) // it may fail before it is waited for
    const giveUp = (why: string) => awaited.reject(new WorkerLostError(why))
    const onAbort = () => giveUp('it is not waited for any more')
    const limit = setTimeout(() => {
      giveUp('the job worker did not connect in a minute')
      this.#own?.kill('SIGKILL')
    }, CONNECT_LIMIT_MS)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      await this.#own.close() // one that is not connected is on its way out
      if (!signal.aborted) this.#own.start((how) => giveUp(`the job worker ended before it connected (${how})`))
      return await awaited.promise
    } finally {
      this.#awaited = null
      clearTimeout(limit)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #take(socket: Socket) {
    const { log, onConnected, onLine } = this.#options
    socket.on('error', () => {}) // what reads from it, or waits for an answer, is told
    if (this.#closing || this.#sockets.size >= MOST_WORKERS) {
      log.warn(`more than ${MOST_WORKERS} job workers: one is sent away`)
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    let worker: ConnectedWorker | null = null
    try {
      worker = await ConnectedWorker.greet(socket, log, onLine)
      this.#connected.push(worker)
      log.debug({ pid: worker.pid }, 'a job worker is connected')
      this.#awaited?.resolve(worker)
      onConnected()
      await worker.ended
    } catch (err) {
      if (!this.#closing) log.warn({ err }, 'the connection of a job worker was ended')
    } finally {
      socket.destroy()
      this.#sockets.delete(socket)
      if (worker) this.#lose(worker)
    }
  }

  #retireOwn() {
    this.#connected = this.#connected.filter(({ pid }) => pid !== this.#own?.pid)
    this.#own?.kill('SIGTERM')
  }

  #lose(worker: ConnectedWorker) {
    this.#connected = this.#connected.filter((one) => one !== worker)
    // Ours does not go on without us: it may be one that did not stop when it was told to.
    if (worker.pid === this.#own?.pid) this.#own.kill('SIGKILL')
  }
}
