import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { HttpError } from './errors.ts'

/** So long a caller who was answered early may go on sending, and reads why. */
const GOODBYE_MS = 2000
/** And so much more of it is dropped: a flood on a fast line would keep the whole server busy. Bytes. */
const GOODBYE_BYTES = 16 * 1024 * 1024
const LOOK_EVERY_MS = 20

/**
 * Bodies that nobody will read are not waited for: they are refused before they come (`Expect: 100-continue`), or answered at
 * once, and the connection is closed soon.
 * @param mostBytes no route takes more, unless it says so itself
 */
export function refuseUnreadBodies(http: FastifyInstance, mostBytes: number) {
  const expecting = new WeakSet<IncomingMessage>()
  http.server.on('checkContinue', (request, response) => {
    expecting.add(request)
    http.server.emit('request', request, response)
  })
  http.addHook('onRequest', async (request) => {
    // Else Fastify would read it all first.
    if (request.is404 && hasBody(request.raw)) throw new HttpError(404, 'not_found', noRoute(request))
  })
  http.addHook('preParsing', async ({ raw, routeOptions }, reply) => {
    const most = Math.max(mostBytes, routeOptions.bodyLimit ?? 0)
    if (Number(raw.headers['content-length'] ?? 0) > most) throw tooLarge()
    if (expecting.delete(raw)) reply.raw.writeContinue()
  })
  http.addHook('onSend', async ({ raw }, reply) => {
    if (!hasBody(raw) || raw.complete) return
    reply.header('connection', 'close')
    closeSoon(raw)
  })
}

export function tooLarge(): HttpError {
  const message =
    'the body is too large: in most calls JSON may have 1 MiB, a program 2 MiB, and a picture AJAR_MAX_FRAME_BYTES'
  return new HttpError(413, 'too_large', message)
}

export function noRoute({ method, url }: { method: string; url: string }): string {
  return `${method} ${url} is no route`
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Node closes with bytes unread, which resets the connection, and the caller may never see its answer; so first only our side
 * is closed (RFC 9112, 9.6). What still comes is dropped.
 */
function closeSoon({ socket }: IncomingMessage) {
  socket.destroySoon = () => {
    socket.end()
    const most = socket.bytesRead + GOODBYE_BYTES
    const end = performance.now() + GOODBYE_MS
    const goodbye = setInterval(() => {
      if (socket.bytesRead > most || performance.now() > end) socket.destroy()
    }, LOOK_EVERY_MS)
    socket.once('close', () => clearInterval(goodbye))
  }
}
