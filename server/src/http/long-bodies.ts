import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body may take longer than any other: the route itself sees to it that it goes on coming. */
    longBody?: boolean
  }
}

/**
 * Node gives each request half a minute to come, whatever it brings (`http-server.ts`). Routes that take gigabytes say
 * so, and their callers have as long as they go on sending.
 */
export function allowLongBodies(http: FastifyInstance) {
  const allowed = new WeakSet<Socket>()
  http.addHook('onRequest', async (request, reply) => {
    if (!request.routeOptions.config.longBody) return
    const { socket } = request.raw
    allowed.add(socket)
    reply.raw.once('close', () => allowed.delete(socket))
  })
  const usual = http.server.listeners('clientError')
  http.server.removeAllListeners('clientError')
  http.server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && allowed.has(socket)) return
    for (const listener of usual) listener(error, socket)
  })
}
