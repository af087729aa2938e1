import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'

/** Where there are too many, as many more are closed at once: to look for them takes time. */
const SPARE_SHARE = 0.1
/** So long a reader may take for what is already written for it: the largest picture comes with 17 kB a second. */
const UNREAD_MS = 120_000
const LOOK_MS = 5000
/** So long a crowd is news. */
const CROWD_MS = 60_000

export interface HttpConnectionsOptions {
  /** Far more than people and programs need; WebSockets have a limit of their own. */
  most: number
  unreadMs?: number
  lookMs?: number
  /** Told whenever connections were closed, in words. */
  onCrowd?(text: string, closed: number): void
}

/** One connection that is no WebSocket. */
interface Connection {
  address: string
  /** Requests that came and are not answered to the end. */
  requests: number
  /** It has shown a token that works. */
  isKnown: boolean
  /** What its reader had taken at some look, and when that was. */
  taken: { bytes: number; at: number }
}

/**
 * Bounds the HTTP connections that are open at once. Beyond the limit strangers go first, then known callers who ask for nothing
 * just now; of these the ones of the address that has most, and of those the ones that were silent for longest. So a flood costs
 * its own sender, whoever comes with a token gets in, and behind a proxy, where all have one address, the oldest go.
 */
export class HttpConnections {
  readonly #options: Required<HttpConnectionsOptions>
  /** The ones that were silent for longest first. */
  readonly #open = new Map<Socket, Connection>()
  #closed = 0
  #crowd: { text: string; at: number } | null = null

  constructor({ most, unreadMs = UNREAD_MS, lookMs = LOOK_MS, onCrowd = () => {} }: HttpConnectionsOptions) {
    this.#options = { most, unreadMs, lookMs, onCrowd }
  }

  /** Takes over the connections of a server, until it closes. */
  follow(server: Server) {
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => this.#enter(socket))
    server.prependListener('request', (request, response) => this.#begin(request, response))
    const look = setInterval(() => this.#closeUnread(), this.#options.lookMs)
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

  /** How many were closed since the start, for too many were open. */
  get closed(): number {
    return this.#closed
  }

  /** In words who crowds the server, where connections were closed within a minute; else null. */
  get crowd(): string | null {
    return this.#crowd && performance.now() - this.#crowd.at < CROWD_MS ? this.#crowd.text : null
  }

  #enter(socket: Socket) {
    const { remoteAddress: address = '' } = socket
    this.#open.set(socket, { address, requests: 0, isKnown: false, taken: { bytes: 0, at: performance.now() } })
    socket.once('close', () => this.#open.delete(socket))
    if (this.#open.size > this.#options.most) this.#makeRoomFor(socket)
  }

  #begin({ socket }: IncomingMessage, response: ServerResponse) {
    const connection = this.#open.get(socket)
    if (!connection) return
    connection.requests += 1
    this.#moveToEnd(socket, connection)
    response.once('close', () => {
      connection.requests -= 1
      if (this.#open.has(socket)) this.#moveToEnd(socket, connection)
    })
  }

  #moveToEnd(socket: Socket, connection: Connection) {
    this.#open.delete(socket)
    this.#open.set(socket, connection)
  }

  /** @param newest has had no time yet to say who it is */
  #makeRoomFor(newest: Socket) {
    const { most, onCrowd } = this.#options
    const before = this.#open.size
    const wanted = Math.floor(most * (1 - SPARE_SHARE))
    const crowd = mostOf(byAddress([...this.#open]))
    const text = `${before} HTTP connections were open at once, ${crowd.length} of them from ${crowd[0]?.[1].address}`
    for (const isOfRank of RANKS) {
      const groups = byAddress(
        [...this.#open].filter(([socket, connection]) => socket !== newest && isOfRank(connection)),
      )
      while (this.#open.size > wanted) {
        const [socket] = mostOf(groups).shift() ?? []
        if (!socket) break
        this.#open.delete(socket)
        socket.destroy()
      }
    }
    const closed = before - this.#open.size
    this.#closed += closed
    this.#crowd = { text, at: performance.now() }
    onCrowd(text, closed)
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
}

/** Who goes, in this order. */
const RANKS: ((connection: Connection) => boolean)[] = [
  ({ isKnown }) => !isKnown,
  ({ isKnown, requests }) => isKnown && requests === 0,
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
