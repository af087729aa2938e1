import { refusalOf } from './refusal.ts'
import { type Answer, type Call, secureFetch } from './secure-fetch.ts'

/** An answer of the server that is no success; `code` is the server's. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface Job {
  id: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  phase: string | null
  progress: number
  result: Record<string, unknown> | null
  error: { code: string; message: string } | null
}

const POLL_MS = 100
/** A server is back long before. */
const RESTART_MS = 60_000
/** So long may an answer take. */
const ANSWER_MS = 60_000

/** Where the HTTP interface is. */
export interface HttpAddress {
  /** `http://host:port` or `https://host:port` */
  http: string
  /** PEM file of the server's certificate, where it has one. */
  ca: string | null
}

/** Calls the server's HTTP interface as any client would. */
export class Api {
  readonly #base: string
  readonly #ca: string | null
  readonly #token: string

  constructor({ http, ca }: HttpAddress, token: string) {
    this.#base = http
    this.#ca = ca
    this.#token = token
  }

  get<T>(path: string): Promise<T> {
    return this.#call('GET', path)
  }

  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
    const json = body === undefined ? undefined : JSON.stringify(body)
    return this.#call(method, path, json, 'application/json')
  }

  sendJpeg<T>(path: string, jpeg: Uint8Array): Promise<T> {
    return this.#call('POST', path, jpeg, 'image/jpeg')
  }

  /** Waits for the end of a job. @throws Error where it fails */
  async finished(id: string, onProgress: (job: Job) => void = () => {}): Promise<Job> {
    for (;;) {
      const job = await this.#patiently(() => this.get<Job>(`/api/jobs/${id}`))
      onProgress(job)
      if (job.state === 'done') return job
      if (job.state !== 'queued' && job.state !== 'running')
        throw new Error(`the job ${job.state}: ${job.error?.message ?? 'nobody said why'}`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** A server that is started anew goes on with its jobs: it is asked again for a while. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (const until = performance.now() + RESTART_MS; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
      try {
        return await ask()
      } catch (error) {
        const isAway = !(error instanceof ApiError) || error.status === 503
        if (!isAway || performance.now() > until) throw error
      }
    }
  }

  async #call<T>(method: string, path: string, body?: string | Uint8Array, type?: string): Promise<T> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` }
    if (body !== undefined && type) headers['content-type'] = type
    const answer = await this.#send(this.#base + path, { method, headers, ...(body === undefined ? {} : { body }) })
    const text = await answer.text()
    if (answer.status < 200 || answer.status > 299) {
      const { code, message } = refusalOf(text, `${method} ${path}: ${answer.status}`)
      throw new ApiError(answer.status, code, message)
    }
    return (text === '' ? null : text.startsWith('{') ? JSON.parse(text) : text) as T
  }

  #send(url: string, call: Call): Promise<Answer> {
    if (this.#ca !== null) return secureFetch(url, call, this.#ca)
    return fetch(url, { ...(call as RequestInit), signal: AbortSignal.timeout(ANSWER_MS) })
  }
}
