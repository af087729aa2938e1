import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** Where there are too many, as many more are closed at once: to look for them takes time. */
const SPARE_SHARE = 0.1
/** So long a reader may take for what is already written for it: the largest picture comes with 17 kB a second. */
const UNREAD_MS = 120_000
/** Far more than a browser has on one connection, which waits for each answer. */
const MOST_UNANSWERED = 8
/** Of all answers together: many times what people look at, and bearable on a small computer. */
const MOST_UNREAD_BYTES = 128 * 1024 * 1024
const LOOK_MS = 1000
/** So long a crowd is news. */
const CROWD_MS = 60_000

export interface HttpConnectionsOptions {
  /** Far more than people and programs need; WebSockets have a limit of their own. */
  most: number
  unreadMs?: number
  mostUnreadBytes?: number
  lookMs?: number
  /** Told whenever connections were closed, in words. */
  onCrowd?(text: string, closed: number): void
}

/** One connection that is no WebSocket. */
interface Connection {
  address: string
  /** Of the requests that came and are not answered to the end. */
  answers: Set<ServerResponse>
  /** It has shown a token that works. */
  isKnown: boolean
  /** What its reader had taken at some look, and when that was. */
  taken: { bytes: number; at: number }
}

/**
 * Bounds the HTTP connections that are open at once, the requests that one of them sends without waiting for answers, and what is
 * written and not read. Beyond the limit strangers go first, then known callers who ask for nothing
 * just now; of these the ones of the address that has most, and of those the ones that were silent for longest. So a flood costs
 * its own sender, whoever comes with a token gets in, and behind a proxy, where all have one address, the oldest go.
 */
export class HttpConnections {
  readonly #options: Required<HttpConnectionsOptions>
  /** The ones that were silent for longest first. */
  readonly #open = new Map<Socket, Connection>()
  #closed = 0
  #crowd: { text: string; at: number } | null = null

  constructor(options: HttpConnectionsOptions) {
    const usual = { unreadMs: UNREAD_MS, mostUnreadBytes: MOST_UNREAD_BYTES, lookMs: LOOK_MS, onCrowd() {} }
    this.#options = { ...usual, ...options }
  }

  /** Takes over the connections of a server, until it closes. */
  follow(server: Server) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => this.#enter(socket))
    server.prependListener('request', (request, response) => this.#begin(request, response))
    const look = setInterval(() => {
      this.#closeUnread()
      this.#boundUnread()
    }, this.#options.lookMs)
    server.once('close', () => clearInterval(look))
  }

  /** A token that works came over this connection. */
  know(socket: Socket) {
    const connection = this.#open.get(socket)
    if (connection) connection.isKnown = true
  }

  /** It became a WebSocket, which somebody else counts. */
  release(socket: Socket) {
    this.#open.delete(socket)
  }

  get open(): number {
    return this.#open.size
  }

  /** How many were closed since the start, for too many were open, too much was asked on one, or too much was not read. */
  get closed(): number {
    return this.#closed
  }

  /** In words who crowds the server, where connections were closed within a minute; else null. */
  get crowd(): string | null {
    return this.#crowd && performance.now() - this.#crowd.at < CROWD_MS ? this.#crowd.text : null
  }

  #enter(socket: Socket) {
    const { remoteAddress: address = '' } = socket
    this.#open.set(socket, { address, answers: new Set(), isKnown: false, taken: { bytes: 0, at: performance.now() } })
    socket.once('close', () => this.#open.delete(socket))
    if (this.#open.size > this.#options.most) this.#makeRoomFor(socket)
  }

  #begin({ socket }: IncomingMessage, response: ServerResponse) {
    const connection = this.#open.get(socket)
    if (!connection) return
    connection.answers.add(response)
    if (connection.answers.size > MOST_UNANSWERED) return this.#refuse(socket, connection)
    this.#moveToEnd(socket, connection)
    response.once('close', () => {
      connection.answers.delete(response)
      if (this.#open.has(socket)) this.#moveToEnd(socket, connection)
    })
  }

  /** Whoever sends requests and waits for no answer could send them faster than anybody can answer. */
  #refuse(socket: Socket, { address }: Connection) {
    stopParsing(socket)
    this.#close(socket)
    this.#tell(
      `one HTTP connection had more than ${MOST_UNANSWERED} unanswered requests, from ${address}; it was closed`,
      1,
    )
  }

  #close(socket: Socket) {
    this.#open.delete(socket)
    socket.destroy()
  }

  #tell(text: string, closed: number) {
    this.#closed += closed
    this.#crowd = { text, at: performance.now() }
    this.#options.onCrowd(text, closed)
  }

  #moveToEnd(socket: Socket, connection: Connection) {
    this.#open.delete(socket)
    this.#open.set(socket, connection)
  }

  /** @param newest has had no time yet to say who it is */
  #makeRoomFor(newest: Socket) {
    const { most } = this.#options
    const before = this.#open.size
    const wanted = Math.floor(most * (1 - SPARE_SHARE))
    const crowd = mostOf(byAddress([...this.#open]))
    const from = crowd[0]?.[1].address
    for (const isOfRank of RANKS) {
      const groups = byAddress(
        [...this.#open].filter(([socket, connection]) => socket !== newest && isOfRank(connection)),
      )
      while (this.#open.size > wanted) {
        const [socket] = mostOf(groups).shift() ?? []
        if (!socket) break
        this.#close(socket)
      }
    }
    const text = `${before} HTTP connections were open at once, ${crowd.length} of them from ${from}; the most idle ones were closed`
    this.#tell(text, before - this.#open.size)
  }

  /** Whoever does not read what it asked for is cut off: its answer takes memory, and its connection a place. */
  #closeUnread() {
    const now = performance.now()
    for (const [socket, connection] of this.#open) {
      const bytes = socket.bytesWritten - socket.writableLength
      if (socket.writableLength === 0 || bytes !== connection.taken.bytes) connection.taken = { bytes, at: now }
      else if (now - connection.taken.at >= this.#options.unreadMs) socket.destroy()
    }
  }

  /** Of those who do not read, strangers go first, and those for whom most is written. */
  #boundUnread() {
    const { mostUnreadBytes } = this.#options
    const entries = [...this.#open].map(([socket, connection]) => ({
      socket,
      ...connection,
      bytes: unread(socket, connection),
    }))
    let rest = entries.reduce((sum, { bytes }) => sum + bytes, 0)
    if (rest <= mostUnreadBytes) return
    entries.sort((a, b) => Number(a.isKnown) - Number(b.isKnown) || b.bytes - a.bytes)
    const closed = entries.filter(({ bytes }) => {
      const isTooMuch = bytes > 0 && rest > mostUnreadBytes
      if (isTooMuch) rest -= bytes
      return isTooMuch
    })
    for (const { socket } of closed) this.#close(socket)
    const text = `more than ${mostUnreadBytes} bytes of HTTP answers were not read, most from ${closed[0]?.address}; those readers were cut off`
    this.#tell(text, closed.length)
  }
}

/** Node parses all that came with one read, up to 64 kB, before it sees that the socket is closed: thousands of requests. */
function stopParsing(socket: Socket) {
  // Node says nothing of this property; without it a flood costs time and no more. 2: nothing behind these headers is HTTP.
  const { parser } = socket as Socket & { parser?: { onIncoming?: () => number } }
  if (parser) parser.onIncoming = () => 2
}

/** Bytes that are written and did not leave; an answer that waits for its turn has no socket yet. */
function unread({ writableLength }: Socket, { answers }: Connection): number {
  return [...answers].reduce((sum, answer) => sum + (answer.socket ? 0 : answer.writableLength), writableLength)
}

/** Who goes, in this order. */
const RANKS: ((connection: Connection) => boolean)[] = [
  ({ isKnown }) => !isKnown,
  ({ isKnown, answers }) => isKnown && answers.size === 0,
  () => true,
]

type Entry = [Socket, Connection]

function byAddress(entries: Entry[]): Entry[][] {
  return [...Map.groupBy(entries, ([, { address }]) => address).values()]
}

/** The longest group; of several the one whose first is the oldest. */
function mostOf(groups: Entry[][]): Entry[] {
  return groups.reduce((a, b) => (b.length > a.length ? b : a), [])
}
