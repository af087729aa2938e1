import type { ServerResponse } from 'node:http'
import type { Caller } from './access.ts'
import { HttpError } from './errors.ts'

/** So long a refusal is news. */
const CROWD_MS = 60_000

export interface OpenStreamsOptions {
  /** What they are called, in the plural. */
  what: string
  /** Code of the error where there are too many. */
  code: string
  most: number
  /** Of one token: so no program takes the places of all others. */
  mostOfToken: number
}

/** The answers that go on for as long as their reader stays: bounded together, and for each token. */
export class OpenStreams {
  readonly #options: OpenStreamsOptions
  readonly #open = new Map<ServerResponse, string>()
  #refused = 0
  #crowd: { text: string; at: number } | null = null

  constructor(options: OpenStreamsOptions) {
    this.#options = options
  }

  get open(): number {
    return this.#open.size
  }

  /** How many were refused since the start. */
  get refused(): number {
    return this.#refused
  }

  /** In words of what there are too many, where some were refused within a minute; else null. */
  get crowd(): string | null {
    return this.#crowd && performance.now() - this.#crowd.at < CROWD_MS ? this.#crowd.text : null
  }

  /** To be called before anything is answered. @throws HttpError 429 or 503 where there are too many */
  enter(stream: ServerResponse, caller: Caller | null) {
    const { what, most, mostOfToken } = this.#options
    const { tokenId = '', name = 'nobody' } = caller ?? {}
    const ofToken = this.#open.values().reduce((count, opener) => count + Number(opener === tokenId), 0)
    if (ofToken >= mostOfToken) this.#refuse(429, `${mostOfToken} ${what} are open with the token ${name}`)
    if (this.#open.size >= most) this.#refuse(503, `${most} ${what} are open`)
    this.#open.set(stream, tokenId)
    stream.once('close', () => this.#open.delete(stream))
  }

  /** Ends those that were opened with this token. */
  end(tokenId: string) {
    for (const [stream, opener] of this.#open) if (opener === tokenId) stream.destroy()
  }

  #refuse(status: number, text: string): never {
    this.#refused += 1
    this.#crowd = { text, at: performance.now() }
    throw new HttpError(status, this.#options.code, `${text}: close some`)
  }
}
