import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../../logging/levels.ts'
import { ConnectedWorker, type LineListener } from './connected-worker.ts'
import { type Work, WorkError, WorkerLostError } from './messages.ts'
import { OwnPlace } from './own-place.ts'
import type { OwnEntry } from './own-worker.ts'
import { jobWorkers, type Pool } from './pool.ts'
import { clearMeetingPoint, type MeetingPoint, meetingPoint, socketMode } from './socket-path.ts'

export interface WorkersOptions {
  dataDir: string
  /** Which workers these are; without it, job workers. */
  pool?: Pool
  /** The server starts a worker of its own when one is needed; otherwise somebody else does. */
  own: OwnEntry | null
  log: Log
  /** Told when work can be done that could not be done before. */
  onConnected(): void
  /** Told what the task of a job prints; the log has it too. */
  onLine: LineListener
}

/** The processes that do what the server does not do itself: whoever connects to the socket of their pool. */
export class Workers {
  readonly #options: WorkersOptions
  readonly #pool: Pool
  /** Where its own ones run; none where others start them. */
  readonly #places: OwnPlace[]
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connected: ConnectedWorker[] = []
  /** Those that were given work. */
  readonly #busy = new Set<ConnectedWorker>()
  /** Who waits until there is another worker, or one of them has nothing to do; told in the order in which they came. */
  #waiting: (() => void)[] = []
  #meeting: MeetingPoint | null = null
  #closing = false

  constructor(options: WorkersOptions) {
    const { own, dataDir, pool = jobWorkers(dataDir) } = options
    this.#options = options
    this.#pool = pool
    this.#places = own ? Array.from({ length: pool.mostOwn }, () => new OwnPlace(own, pool)) : []
    this.#server = createServer((socket) => void this.#take(socket))
  }

  /** Listens. Only for who holds the data folder. */
  async start() {
    const { meeting, title, mostConnections } = this.#pool
    clearMeetingPoint(meeting)
    const point = meetingPoint(meeting)
    this.#meeting = point
    this.#server.listen({ path: point.path, backlog: mostConnections })
    await once(this.#server, 'listening').catch((error: Error) => {
      const why = `the socket of the ${title} cannot be made in ${meeting.folder} (${error.message})`
      throw new Error(`${why}: set AJAR_DATA_DIR to a folder on a local disk of Linux's own`, { cause: error })
    })
    // After a failed accept there is another one: what fails is one connection.
    this.#server.on('error', (err) => this.#options.log.warn({ err }, `the ${title} could not connect`))
    chmodSync(point.path, socketMode(meeting))
  }

  /** Whether there is somebody who does work, now or after what he is at. */
  get ready(): boolean {
    return this.count > 0
  }

  /** How many pieces of work can be done at once. */
  get count(): number {
    return Math.max(this.#places.length * this.#pool.connectionsEach, this.#connected.length)
  }

  /** The processes that are connected, the longest first. */
  list(): { pid: number; startedAtMs: number }[] {
    const byPid = new Map(this.#connected.map(({ pid, startedAtMs }) => [pid, { pid, startedAtMs }]))
    return [...byPid.values()]
  }

  /** Tells the workers to end; whoever started them starts them again. @returns how many there were */
  leave(): number {
    const told = this.#connected
    this.#connected = [] // nothing more is given to them
    for (const worker of told) worker.leave()
    this.#tellWaiting()
    return told.length
  }

  /** Work that comes while all are busy waits for one of them. @throws WorkError, WorkerLostError */
  async perform(work: Work, signal: AbortSignal): Promise<unknown> {
    try {
      const worker = await this.#idleOne(signal)
      try {
        return await worker.perform(work, signal)
      } finally {
        this.#busy.delete(worker)
        this.#rest(worker)
      }
    } catch (error) {
      if (error instanceof WorkerLostError && !signal.aborted)
        this.#options.log.warn(
          { job: work.job, task: work.task, why: error.message },
          `a task lost its ${this.#pool.title}`,
        )
      throw error
    }
  }

  async close() {
    this.#closing = true
    this.#tellWaiting()
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#places.map((place) => place.close()))
    this.#meeting?.close()
  }

  /** A worker that has nothing to do, and is the caller's now. @throws WorkError, WorkerLostError */
  async #idleOne(signal: AbortSignal): Promise<ConnectedWorker> {
    for (;;) {
      if (this.#closing) throw new WorkerLostError('the server ends', { inOrder: true })
      const idle = this.#connected.find((worker) => !this.#busy.has(worker))
      if (idle) {
        this.#placeOf(idle)?.keep()
        this.#busy.add(idle)
        return idle
      }
      const free = this.#places.find((place) => !place.isStarting && !this.#connected.some((one) => place.holds(one)))
      // Who waits beside it for the same one is told too where it does not start.
      if (free) return await free.start(signal).finally(() => this.#tellWaiting())
      if (!this.ready) throw new WorkerLostError(`no ${this.#pool.title} is connected`)
      if (signal.aborted) throw new WorkError('cancelled', 'it was cancelled')
      await this.#change(signal)
    }
  }

  /** Waits until there may be an idle worker, or the signal. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        signal.removeEventListener('abort', end)
        this.#waiting = this.#waiting.filter((one) => one !== end)
        resolve()
      }
      signal.addEventListener('abort', end, { once: true })
      this.#waiting.push(end)
    })
  }

  #tellWaiting() {
    for (const tell of [...this.#waiting]) tell()
  }

  #placeOf(worker: ConnectedWorker): OwnPlace | undefined {
    return this.#places.find((place) => place.holds(worker))
  }

  #rest(worker: ConnectedWorker) {
    const place = this.#placeOf(worker)
    const isBusy = [...this.#busy].some(({ pid }) => pid === worker.pid)
    if (!this.#closing && !isBusy)
      place?.rest(() => {
        this.#connected = this.#connected.filter(({ pid }) => pid !== worker.pid)
        place.retire()
      })
    this.#tellWaiting()
  }

  async #take(socket: Socket) {
    const { log, onConnected, onLine } = this.#options
    socket.on('error', () => {}) // what reads from it, or waits for an answer, is told
    const { title, mostConnections } = this.#pool
    if (this.#closing || this.#sockets.size >= mostConnections) {
      log.warn(`more than ${mostConnections} connections of a ${title}: one is sent away`)
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    let worker: ConnectedWorker | null = null
    try {
      worker = await ConnectedWorker.greet(socket, { pool: this.#pool, log, onLine })
      this.#connected.push(worker)
      log.debug({ pid: worker.pid }, `a ${title} is connected`)
      if (this.#placeOf(worker)?.connected(worker)) this.#busy.add(worker)
      else this.#rest(worker)
      onConnected()
      await worker.ended
    } catch (err) {
      if (!this.#closing) log.warn({ err }, `the connection of a ${title} was ended`)
    } finally {
      socket.destroy()
      this.#sockets.delete(socket)
      if (worker) this.#lose(worker)
    }
  }

  #lose(worker: ConnectedWorker) {
    this.#connected = this.#connected.filter((one) => one !== worker)
    // Ours does not go on without us: it may be one that did not stop when it was told to. With other connections it does
    // other work, and comes back with this one when that has stopped.
    if (!this.#connected.some(({ pid }) => pid === worker.pid)) this.#placeOf(worker)?.kill()
    this.#tellWaiting()
  }
}
