import { KINDS, type StreamEvent } from '../api/events.ts'

/** `live`, trying to be so again, or not live because nobody is signed in or the page is not looked at. */
export type Liveness = 'live' | 'reconnecting' | 'paused'

export interface StreamPorts {
  onEvent(event: StreamEvent): void
  /** What came in before may have gaps: load everything anew. */
  onReset(): void
  onLiveness(liveness: Liveness): void
  /** The server refuses the stream: the session may have ended. */
  onRefused(): void
  /** The server said what time it is, in milliseconds UTC. */
  onTime(at: number): void
}

/** The server speaks every 15 s, if only to say that it is there. */
const SILENCE_MS = 40_000
const CHECK_MS = 5_000
const RETRY_MS = 3_000
/** A page that nobody looks at gives its connection to others after so long. */
const HIDDEN_MS = 30_000
/** After a longer absence it costs less to load everything than to hear all that happened. */
const WORTH_RESUMING_MS = 60_000

/**
 * The event stream. A lost connection is resumed by the browser after the last event (Last-Event-ID); a connection that
 * went silent, as over a sleep of the machine, and a page that comes back into view are resumed here in the same way.
 */
export class Stream {
  readonly #ports: StreamPorts
  #source: EventSource | null = null
  #lastId: string | null = null
  /** When the server was heard last. */
  #heardAt = 0
  /** Since when silence counts: the connection was heard, or it was opened. */
  #quietSince = 0
  #ending = new AbortController()
  #checking: ReturnType<typeof setInterval> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #hiding: ReturnType<typeof setTimeout> | undefined

  constructor(ports: StreamPorts) {
    this.#ports = ports
  }

  start() {
    this.#ending = new AbortController()
    const { signal } = this.#ending
    this.#checking = setInterval(() => this.#check(), CHECK_MS)
    addEventListener('online', () => this.#check(), { signal })
    document.addEventListener('visibilitychange', () => this.#onVisibility(), { signal })
    this.#open()
  }

  stop() {
    this.#ending.abort()
    clearInterval(this.#checking)
    clearTimeout(this.#retry)
    clearTimeout(this.#hiding)
    this.#close()
    this.#lastId = null
    this.#ports.onLiveness('paused')
  }

  /** Opens the stream, where it is not open, after the last event that was heard. */
  #open() {
    if (this.#source) return
    clearTimeout(this.#retry)
    const isFresh = this.#lastId === null || Date.now() - this.#heardAt > WORTH_RESUMING_MS
    this.#ports.onLiveness('reconnecting')
    this.#quietSince = Date.now()
    const source = new EventSource(isFresh ? '/api/events' : `/api/events?lastEventId=${this.#lastId}`)
    this.#source = source
    source.onopen = () => {
      this.#hear()
      this.#ports.onLiveness('live')
      // Events that come from now on are heard: what is loaded from now on has no gap.
      if (isFresh) this.#ports.onReset()
    }
    source.onerror = () => this.#onError(source)
    for (const kind of KINDS) source.addEventListener(kind, (message) => this.#take(kind, message))
    source.addEventListener('alive', ({ data }) => {
      this.#hear()
      this.#ports.onTime(JSON.parse(data).at)
    })
    source.addEventListener('reset', (message) => {
      this.#hear()
      this.#lastId = message.lastEventId || this.#lastId
      this.#ports.onReset()
    })
  }

  #hear() {
    this.#heardAt = Date.now()
    this.#quietSince = this.#heardAt
  }

  #take(kind: StreamEvent['kind'], message: MessageEvent<string>) {
    this.#hear()
    if (message.lastEventId !== '') this.#lastId = message.lastEventId
    this.#ports.onEvent({ kind, data: JSON.parse(message.data) } as StreamEvent)
  }

  #onError(source: EventSource) {
    if (source !== this.#source) return
    this.#ports.onLiveness('reconnecting')
    if (source.readyState !== EventSource.CLOSED) return // the browser tries again, after the last event
    this.#close()
    this.#ports.onRefused()
    this.#retry = setTimeout(() => this.#onVisibility(), RETRY_MS)
  }

  /** Silence means that the connection is dead, although nobody said so. */
  #check() {
    if (!this.#source || Date.now() - this.#quietSince <= SILENCE_MS) return
    this.#close()
    this.#open()
  }

  #onVisibility() {
    clearTimeout(this.#hiding)
    if (document.visibilityState === 'visible') {
      this.#check()
      return this.#open()
    }
    this.#hiding = setTimeout(() => {
      this.#close()
      this.#ports.onLiveness('paused')
    }, HIDDEN_MS)
  }

  #close() {
    this.#source?.close()
    this.#source = null
  }
}
