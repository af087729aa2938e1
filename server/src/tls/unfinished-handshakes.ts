import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'

/** Closed after so long without a finished handshake; Node would wait for two minutes. */
export const HANDSHAKE_MS = 10_000
const MOST = 100

const MESSAGE = 'this port speaks HTTPS: put https:// before the address\n'
const PLAIN_HTTP_ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'connection: close',
  'content-type: text/plain; charset=utf-8',
  `content-length: ${MESSAGE.length}`,
  '',
  MESSAGE,
].join('\r\n')

/**
 * Bounds the handshakes of a server that have begun and not ended. Beyond `most` the oldest one of the address that has most
 * of them is closed: a flood costs its own sender, and whoever shakes hands at once gets in.
 * Whoever speaks plain HTTP is told so.
 */
export function boundHandshakes(server: Server, most = MOST) {
  const unfinished = new Map<string, Socket>()
  server.on('connection', (socket: Socket) => {
    const end = otherEnd(socket)
    unfinished.set(end, socket)
    socket.once('close', () => unfinished.delete(end))
    if (unfinished.size > most) oldestOfTheMost([...unfinished.values()])?.destroy()
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    if (error.code === 'ERR_SSL_HTTP_REQUEST') unfinished.get(otherEnd(socket))?.end(PLAIN_HTTP_ANSWER)
  })
  server.on('secureConnection', (socket: TLSSocket) => unfinished.delete(otherEnd(socket)))
}

function oldestOfTheMost(sockets: Socket[]): Socket | undefined {
  const byAddress = [...Map.groupBy(sockets, ({ remoteAddress }) => remoteAddress).values()]
  return byAddress.reduce((a, b) => (b.length > a.length ? b : a))[0]
}

/** The same for a socket and for the TLS socket around it. */
function otherEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`
}
