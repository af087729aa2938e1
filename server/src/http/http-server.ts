import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Certificates } from '../tls/certificates.ts'
import { boundHandshakes, HANDSHAKE_MS } from '../tls/unfinished-handshakes.ts'

const OPTIONS: ServerOptions = {
  // A request is here within half a minute, or refused: nobody holds a connection open with half of one.
  requestTimeout: 30_000,
  // A connection on which nothing is asked, or headers come byte by byte, has its place for less.
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 72_000,
  // Small boards write their requests by hand and leave it out; RFC 9112, 3.2 would have them refused.
  requireHostHeader: false,
  // Some clients offer HTTP/2 with every request (`Upgrade: h2c`): that is a request as any other.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
}

/** Node's HTTP server, or its HTTPS server where there are certificates. */
export function createHttpServer(handler: RequestListener, certificates: Certificates | null): Server {
  if (!certificates) return createServer(OPTIONS, handler)
  const server = createSecureServer({ ...certificates.options, ...OPTIONS, handshakeTimeout: HANDSHAKE_MS }, handler)
  certificates.follow(server)
  boundHandshakes(server)
  return server
}
