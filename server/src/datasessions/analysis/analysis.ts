import { Worker } from 'node:worker_threads'
import { withDeadline } from '../../deadline.ts'
import { InTurn } from '../../in-turn.ts'
import { DetailError } from '../field-errors.ts'
import { AnalysisError, type AnalysisReply, type AnalysisRequest } from './requests.ts'

export interface AnalysisOptions {
  threads?: number
  /** How many may wait for their turn. */
  mostWaiting?: number
  /** So long one waits for its answer, turn and all, milliseconds. */
  limitMs?: number
}

/** What nobody asks for a while gives its memory back. */
const IDLE_MS = 60_000

interface Member {
  worker: Worker
  idle: NodeJS.Timeout | undefined
}

/**
 * Looks into pictures, on threads of its own, a few at once: the event loop never waits for it. A thread that is too slow or
 * breaks is ended, and the next question has another one.
 */
export class Analysis {
  readonly #turns: InTurn
  readonly #limitMs: number
  readonly #idle: Member[] = []
  readonly #all = new Set<Member>()
  #lastId = 0
  #isClosing = false

  constructor({ threads = 2, mostWaiting = 32, limitMs = 60_000 }: AnalysisOptions = {}) {
    this.#turns = new InTurn(threads, mostWaiting, () => busy())
    this.#limitMs = limitMs
  }

  /**
   * @param request its bytes, if any, are given away
   * @throws AnalysisError where the picture is at fault, DetailError 503 where too many ask, or it takes too long
   */
  call(request: AnalysisRequest): Promise<Uint8Array | null> {
    const ending = new AbortController()
    const work = this.#turns.run(async () => {
      if (ending.signal.aborted || this.#isClosing) throw busy()
      return this.#ask(request, ending.signal)
    })
    work.catch(() => {}) // who waited is told already
    return withDeadline(work, this.#limitMs, () => {
      ending.abort()
      return new DetailError(503, 'It takes too long: ask again later, or of a smaller picture.')
    })
  }

  async close() {
    this.#isClosing = true
    await Promise.all([...this.#all].map((member) => this.#end(member)))
  }

  async #ask(request: AnalysisRequest, signal: AbortSignal): Promise<Uint8Array | null> {
    const member = this.#idle.pop() ?? this.#begin()
    clearTimeout(member.idle)
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | null>()
    const onMessage = (reply: AnalysisReply) => {
      if (reply.id !== id) return
      if ('value' in reply) resolve(reply.value)
      else reject('error' in reply ? new AnalysisError(reply.error) : new Error(reply.failed))
    }
    const onEnd = (error?: unknown) => reject(error instanceof Error ? error : new Error('the thread ended'))
    const onAbort = () => void this.#end(member)
    member.worker.on('message', onMessage).once('error', onEnd).once('exit', onEnd)
    signal.addEventListener('abort', onAbort)
    try {
      const { from } = request
      const isOwnBuffer = typeof from !== 'string' && from.byteLength === from.buffer.byteLength
      member.worker.postMessage({ ...request, id }, isOwnBuffer ? [from.buffer as ArrayBuffer] : [])
      return await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
      member.worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd)
      if (this.#all.has(member)) this.#rest(member)
    }
  }

  #begin(): Member {
    const worker = new Worker(new URL('./analysis-thread.ts', import.meta.url))
    const member: Member = { worker, idle: undefined }
    this.#all.add(member)
    const gone = () => {
      clearTimeout(member.idle)
      this.#all.delete(member)
      const place = this.#idle.indexOf(member)
      if (place >= 0) this.#idle.splice(place, 1)
    }
    // Whoever asked is told; an error without one is of a thread that rests, and the next question has another.
    worker.on('error', gone).on('exit', gone)
    return member
  }

  #rest(member: Member) {
    this.#idle.push(member)
    member.idle = setTimeout(() => void this.#end(member), IDLE_MS).unref()
  }

  async #end(member: Member) {
    this.#all.delete(member)
    clearTimeout(member.idle)
    const place = this.#idle.indexOf(member)
    if (place >= 0) this.#idle.splice(place, 1)
    await member.worker.terminate()
  }
}

function busy() {
  return new DetailError(503, 'Too many pictures are looked into already: ask again later.')
}
