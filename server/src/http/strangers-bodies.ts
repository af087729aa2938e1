import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

/** Bodies of this size always fit: there are at most a thousand connections. So people can sign in whatever others send. */
const SMALL_BYTES = 16 * 1024
/** Of all longer ones together, for as long as they are read and answered. */
const MOST_BYTES = 16 * 1024 * 1024

/** Bounds the memory that bodies take of callers who have shown no token that works; the caller is known already. */
export function boundStrangersBodies(http: FastifyInstance) {
  const held = new Map<IncomingMessage, number>()
  const isRoomFor = (bytes: number) => held.values().reduce((sum, each) => sum + each, bytes) <= MOST_BYTES
  http.addHook('preParsing', async (request, reply) => {
    const { raw } = request
    const bytes = request.caller ? 0 : mostBytesOf(request)
    if (bytes <= SMALL_BYTES) return
    // An answer that waited behind another when its connection broke is never said to be closed.
    if (!isRoomFor(bytes)) for (const each of held.keys()) if (each.socket.destroyed) held.delete(each)
    if (!isRoomFor(bytes))
      throw new HttpError(
        503,
        'busy',
        'too much comes at once from callers who show no token: try again later, or show one',
      )
    held.set(raw, bytes)
    reply.raw.once('close', () => held.delete(raw))
  })
}

/**
 * What it says itself or, where it comes in chunks, what the route takes: no more is read. A long body takes no memory: its
 * route reads it as it comes.
 */
function mostBytesOf({ headers, routeOptions: { bodyLimit = MOST_BYTES, config } }: FastifyRequest): number {
  if (config.longBody) return 0
  const isChunked = headers['transfer-encoding'] !== undefined
  return isChunked ? bodyLimit : Math.min(Number(headers['content-length'] ?? 0), bodyLimit)
}
