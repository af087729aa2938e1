import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Log } from '../logging/levels.ts'
import { HttpError } from './errors.ts'
import { isOwnOrigin } from './own-origin.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** For routes that take WebSockets, on servers that take any. */
    upgrades: Upgrades
  }
}

/** Takes over the socket of a request for a WebSocket. @throws HttpError where it refuses */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** So long a refused client may take to read why. */
const GOODBYE_MS = 2_000

/** The one router of WebSockets: whose path is not here, who comes from a foreign page, is answered as HTTP answers. */
export class Upgrades {
  readonly #handlers = new Map<string, { handler: UpgradeHandler; mayCall: (origin: string) => boolean }>()
  readonly #open = new Set<Duplex>()
  readonly #log: Log
  readonly #most: number

  /** @param most WebSockets open at once */
  constructor(log: Log, most: number) {
    this.#log = log
    this.#most = most
  }

  /** @param mayCall whether pages of an origin may open it, although they are of another server */
  handle(path: string, handler: UpgradeHandler, mayCall: (origin: string) => boolean = () => false) {
    this.#handlers.set(path, { handler, mayCall })
  }

  /**
   * What the HTTP server calls at `upgrade`.
   * @returns whether the socket counts as a WebSocket now
   */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    socket.on('error', () => {}) // whoever uses the socket sees its close
    try {
      this.#route(request, socket, head)
      return true
    } catch (error) {
      if (!(error instanceof HttpError)) this.#log.error({ err: error, url: request.url }, 'a WebSocket failed')
      const ours = 'our fault: the server log says more'
      refuse(socket, error instanceof HttpError ? error : new HttpError(500, 'internal', ours))
      return false
    }
  }

  /** Ends all that are open. */
  close() {
    for (const socket of this.#open) socket.destroy()
  }

  #route(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const path = URL.parse(request.url ?? '', 'http://localhost')?.pathname ?? ''
    const found = this.#handlers.get(path)
    if (!found) throw new HttpError(404, 'not_found', `there is no WebSocket at ${path}`)
    // Browsers let any page open a WebSocket anywhere, and say where the page is from (RFC 6455, 10.2).
    const { origin } = request.headers
    if (origin !== undefined && !found.mayCall(origin) && !isOwnOrigin(request))
      throw new HttpError(403, 'cross_origin', 'only pages of this server may open a WebSocket here')
    if (this.#open.size >= this.#most)
      throw new HttpError(503, 'busy', `${this.#most} WebSockets are open: try again later`)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    found.handler(request, socket, head)
  }
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

function refuse(socket: Duplex, { status, code, message }: HttpError) {
  const body = JSON.stringify({ error: { code, message } })
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  const goodbye = setTimeout(() => socket.destroy(), GOODBYE_MS)
  socket.once('close', () => clearTimeout(goodbye))
}
