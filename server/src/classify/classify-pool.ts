import { Worker } from 'node:worker_threads'
import type { ClassifyReply, ClassifyRequest, ClassifyThreadOptions, EngineNotice } from './classify-thread.ts'

type Answer = ClassifyReply extends infer Reply ? (Reply extends { id: number } ? Omit<Reply, 'id'> : never) : never
export type ClassifyAnswer = Answer

interface Job {
  request: ClassifyRequest
  resolve(answer: ClassifyAnswer): void
  /** A picture that ends a thread is given one more try, then it is reported as failed. */
  tries: number
}

interface Member {
  worker: Worker
  jobs: Map<number, Job>
}

/** While one frame is embedded the next is decoded, and a third is at hand when the event loop is slow to send it. */
const JOBS_PER_THREAD = 3

export interface ClassifyPoolPorts {
  /** Told once which engine runs. */
  onEngine(notice: EngineNotice): void
  onThreadLost(error: Error): void
}

/** A thread that cannot start does not make the server spin. */
const REPLACE_MS = 250

/** Threads that classify. A thread that dies is replaced, and what it was at is done by another. */
export class ClassifyPool {
  readonly #size: number
  readonly #options: ClassifyThreadOptions
  readonly #ports: ClassifyPoolPorts
  #members: Member[] = []
  /** Given while no thread runs: the next one takes them. Bounded by those who ask, each of whom waits for its answer. */
  #waiting: Job[] = []
  #engine: EngineNotice | null = null
  #failure: string | null = null
  #lastId = 0
  readonly #ready = Promise.withResolvers<void>()
  #closing = false

  constructor(size: number, options: ClassifyThreadOptions, ports: ClassifyPoolPorts) {
    this.#size = size
    this.#options = options
    this.#ports = ports
    this.#ready.promise.catch(() => {}) // who waits is told; nobody has to
  }

  /** Starts the threads, unless they have been; what was asked for before is done then. */
  start() {
    if (this.#members.length > 0 || this.#closing) return
    for (let i = 0; i < this.#size; i++) this.#members.push(this.#spawn())
    for (const job of this.#waiting.splice(0)) this.#give(job)
  }

  /** Resolves when the first thread has its engine; rejects where the first one to end has none. */
  ready(): Promise<void> {
    return this.#ready.promise
  }

  /** What the threads run, or null until the first of them is ready. */
  get engine(): EngineNotice | null {
    return this.#engine
  }

  /** Why the last thread that ended had no engine; null where one runs, or may still load. */
  get failure(): string | null {
    return this.#failure
  }

  /** How many pictures can be worked on at once. */
  get capacity(): number {
    return this.#size * JOBS_PER_THREAD
  }

  classify(request: Omit<ClassifyRequest, 'id'>): Promise<ClassifyAnswer> {
    return new Promise((resolve) => this.#give({ request: { ...request, id: ++this.#lastId }, resolve, tries: 0 }))
  }

  /** Ends the threads; what they have not answered by then has failed. */
  async close() {
    this.#closing = true
    await Promise.all(
      this.#members.map(({ worker }) => {
        const gone = new Promise((resolve) => worker.once('exit', resolve))
        worker.postMessage('close')
        return gone
      }),
    )
    const left = [...this.#waiting.splice(0), ...this.#members.flatMap(({ jobs }) => [...jobs.values()])]
    for (const { resolve } of left) resolve({ kind: 'failed', message: 'the classifier is closed' })
  }

  #announce(notice: EngineNotice) {
    if (!this.#engine) this.#ports.onEngine(notice)
    this.#engine = notice
    this.#failure = null
    this.#ready.resolve()
  }

  #give(job: Job) {
    const [member] = this.#members.toSorted((a, b) => a.jobs.size - b.jobs.size)
    if (!member) {
      this.#waiting.push(job)
      return
    }
    const { jpeg, stored } = job.request
    // Bytes that can be read again move to the thread; others are copied, for a second try.
    member.worker.postMessage(job.request, jpeg && stored ? [jpeg.buffer as ArrayBuffer] : [])
    const request = stored ? { ...job.request, jpeg: null } : job.request
    member.jobs.set(request.id, { ...job, request })
  }

  #replace(lost: Member, failure: Error) {
    if (this.#closing) return
    this.#members.push(this.#spawn())
    for (const job of this.#waiting.splice(0)) this.#give(job)
    for (const job of lost.jobs.values()) {
      if (job.tries === 0) this.#give({ ...job, tries: 1 })
      else job.resolve({ kind: 'failed', message: failure.message })
    }
  }

  #spawn(): Member {
    const worker = new Worker(new URL('./classify-thread.ts', import.meta.url), { workerData: this.#options })
    const member: Member = { worker, jobs: new Map() }
    let failure = new Error('the thread ended')
    worker.on('message', (reply: ClassifyReply | EngineNotice) => {
      if ('engine' in reply) return this.#announce(reply)
      member.jobs.get(reply.id)?.resolve(reply)
      member.jobs.delete(reply.id)
    })
    worker.on('error', (error: Error) => {
      failure = error
    })
    worker.on('exit', () => {
      if (this.#closing) return
      this.#ports.onThreadLost(failure)
      if (!this.#engine) this.#failure = failure.message
      this.#ready.reject(failure)
      this.#members = this.#members.filter((one) => one !== member)
      setTimeout(() => this.#replace(member, failure), REPLACE_MS)
    })
    return member
  }
}
