import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'

const NAME = 'ajar_session'

/** The token that a browser holds for the console, or null (RFC 6265, 4.2). */
export function sessionCookie({ headers }: IncomingMessage): string | null {
  const pairs = headers.cookie?.split(/; */) ?? []
  const [, token] = pairs.map((pair) => /^ajar_session=([\w-]+)$/.exec(pair)).find((found) => found !== null) ?? []
  return token ?? null
}

/**
 * Hands the browser a token that no script can read and no other site can send.
 * @param seconds how long it is kept; 0 takes it away
 */
export function setSessionCookie(reply: FastifyReply, token: string, seconds: number) {
  const rules = ['HttpOnly', 'SameSite=Strict', 'Path=/', `Max-Age=${seconds}`]
  if (reply.request.protocol === 'https') rules.push('Secure')
  reply.header('set-cookie', [`${NAME}=${token}`, ...rules].join('; '))
}
