import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { type Clock, type Instant, instantOf } from '../../clock.ts'
import { systemCode } from '../../failure.ts'

/** A longer answer that is no picture is not read to its end: a connection of its own costs less. */
const NO_PICTURE_BYTES = 65_536

export interface GetParts {
  url: URL
  /** PEM of the authority that signed the camera's certificate; null: whom the system trusts. */
  ca: string | null
  /** For the whole answer, ms. */
  timeoutMs: number
  /** A larger body is not read to its end. */
  maxBytes: number
  clock: Clock
  signal: AbortSignal
}

export interface Answer {
  status: number
  /** By lower-case name. */
  headers: IncomingMessage['headers']
  /** Empty but for status 200. */
  body: Uint8Array
  firstByteAt: Instant
}

/** Gets one address again and again over one connection that is kept open. */
export class Getter {
  readonly #parts: GetParts
  readonly #agent: Agent
  readonly #request: (url: URL, options: RequestOptions) => ClientRequest

  private constructor(parts: GetParts, agent: Agent, request: (url: URL, options: RequestOptions) => ClientRequest) {
    this.#parts = parts
    this.#agent = agent
    this.#request = request
  }

  /** Loads what is needed only now: Node's HTTP takes 15 MB of memory, and most agents have no such camera. */
  static async create(parts: GetParts): Promise<Getter> {
    const options = { keepAlive: true, maxSockets: 1 }
    if (parts.url.protocol === 'https:') {
      const { Agent, request } = await import('node:https')
      return new Getter(parts, new Agent(parts.ca === null ? options : { ...options, ca: parts.ca }), request)
    }
    const { Agent, request } = await import('node:http')
    return new Getter(parts, new Agent(options), request)
  }

  /** Rejects, in words, when the answer does not come, is too large, or breaks off. Redirects are not followed. */
  async get(headers: Record<string, string>): Promise<Answer> {
    const reused = { socket: false }
    try {
      return await this.#once(headers, reused)
    } catch (error) {
      // A camera may close a kept connection just as it is used again.
      if (reused.socket && systemCode(error) === 'ECONNRESET') return await this.#once(headers, reused)
      throw error
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #once(headers: Record<string, string>, reused: { socket: boolean }): Promise<Answer> {
    const { url, timeoutMs, signal } = this.#parts
    const request = this.#request(url, { agent: this.#agent, headers })
    const late = new Error(`no whole answer within ${timeoutMs / 1000} s`)
    const timer = setTimeout(() => request.destroy(late), timeoutMs)
    const stop = () => request.destroy(new Error('stopped'))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      return await this.#answer(request)
    } finally {
      reused.socket = request.reusedSocket
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }

  #answer(request: ClientRequest): Promise<Answer> {
    const { clock, maxBytes } = this.#parts
    return new Promise((resolve, reject) => {
      request.once('error', reject)
      // There may be neither an error nor an answer, as where a camera switches to another protocol (101).
      request.once('close', () => reject(new Error('the connection was aborted before a whole answer')))
      request.once('response', (response) => {
        const { statusCode: status = 0, headers } = response
        const firstByteAt = instantOf(clock)
        const done = (body: Uint8Array) => resolve({ status, headers, body, firstByteAt })
        const chunks: Buffer[] = []
        let size = 0
        const tooLarge = (bytes: number) => {
          if (bytes <= maxBytes) return false
          request.destroy(new Error(`its picture is larger than ${maxBytes} bytes`))
          return true
        }
        // An endless answer is told from a large one by its type, before it is read.
        const endless = /^multipart\//i.test(headers['content-type'] ?? '')
        if (status !== 200 || endless) {
          const enough = () => {
            done(new Uint8Array())
            request.destroy()
          }
          if (endless) return enough()
          // Read, so that the connection can be used again: the next request waits behind it. However it ends, the status is known.
          request.removeListener('error', reject).once('error', enough)
          response.on('data', (chunk: Buffer) => {
            size += chunk.byteLength
            if (size > NO_PICTURE_BYTES) enough()
          })
          response.once('close', enough)
          response.once('end', () => done(new Uint8Array()))
          return
        }
        if (tooLarge(Number(headers['content-length'] ?? 0))) return
        response.on('data', (chunk: Buffer) => {
          size += chunk.byteLength
          if (!tooLarge(size)) chunks.push(chunk)
        })
        response.once('end', () => done(Buffer.concat(chunks)))
        response.once('error', reject)
      })
      request.end()
    })
  }
}
