import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Role } from '../database/schema.ts'
import { badToken, HttpError } from './errors.ts'
import { isOwnOrigin } from './own-origin.ts'
import { sessionCookie } from './session-cookie.ts'

/** Who may call a route: everybody, or those whose role reaches it. Every route declares one. */
export type Access = 'public' | 'viewer' | 'analyst' | 'operator' | 'admin'

/** Who calls. */
export interface Caller {
  /** Id of the token that was shown. */
  tokenId: string
  name: string
  role: Role
  /** Whose work it is that the caller owns: the person's, or the token's that belongs to nobody; sign-ins are of the same account. */
  account: string
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Who may call each route: `GET /api/cameras` -> `viewer`. */
    accessOf: ReadonlyMap<string, Access>
    /** Who opens a WebSocket, or null; a browser's cookie counts on pages of this server alone. */
    callerOfUpgrade(request: IncomingMessage): Caller | null
  }
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    /** null on public routes that were called without a token that works. */
    caller: Caller | null
  }
}

export const DOCS = '/docs'
/** Where the reference of the code stands, beside that of the API. */
export const CODE_DOCS = `${DOCS}/code`

/** An analyst reads what a viewer reads; what he may write is his own work in the laboratory. */
const REACH: Record<Role, Access[]> = {
  admin: ['public', 'viewer', 'analyst', 'operator', 'admin'],
  operator: ['public', 'viewer', 'analyst', 'operator'],
  viewer: ['public', 'viewer'],
  analyst: ['public', 'viewer', 'analyst'],
}

/** Methods that change nothing. */
const SAFE = new Set(['GET', 'HEAD'])

/**
 * Refuses routes that do not say who may call them, and callers whom a route does not name.
 * @param authenticate the caller whose token this is, or null
 */
export function guardRoutes(http: FastifyInstance, authenticate: (token: string) => Caller | null) {
  const accessOf = new Map<string, Access>()
  http.decorate('accessOf', accessOf)
  http.decorateRequest('caller', null)
  http.decorate('callerOfUpgrade', (request: IncomingMessage) => {
    const token = isByCookie(request) && !isOwnOrigin(request) ? null : tokenOf(request)
    return token === null ? null : authenticate(token)
  })
  http.addHook('onRoute', (route) => {
    // The pages of @fastify/swagger-ui cannot declare it themselves.
    if (route.url.startsWith(DOCS)) route.config = { ...route.config, access: 'public' }
    if (!route.config?.access)
      throw new Error(`${route.method} ${route.url} does not declare who may call it (config.access)`)
    for (const method of [route.method].flat()) accessOf.set(`${method} ${route.url}`, route.config.access)
  })
  http.addHook('onRequest', async (request, reply) => {
    const token = tokenOf(request.raw)
    request.caller = token === null ? null : authenticate(token)
    // A browser sends the cookie along whoever made it call; it says truly who did.
    if (request.caller && isByCookie(request.raw) && !SAFE.has(request.method) && !isOwnOrigin(request.raw)) {
      throw new HttpError(
        403,
        'cross_origin',
        'only pages of this server may change things with its cookie: send a token',
      )
    }
    const access = request.routeOptions.config.access ?? 'public' // a path that is no route answers 404 to everybody
    if (access === 'public') return
    if (!request.caller) {
      reply.header('www-authenticate', 'Bearer')
      throw token === null
        ? new HttpError(401, 'unauthenticated', 'send a token: Authorization: Bearer <token>')
        : badToken()
    }
    checkReach(request.caller, access)
  })
}

/** @throws HttpError 403 where the caller's role does not reach it */
export function checkReach({ role }: Caller, access: Access) {
  if (!REACH[role].includes(access))
    throw new HttpError(403, 'forbidden', `a token of role ${access} is needed, this one is ${role}`)
}

/** Whoever is let in has a token. */
export function callerOf({ caller }: Pick<FastifyRequest, 'caller'>): Caller {
  if (!caller) throw badToken()
  return caller
}

/** The name that stands on what the caller does. */
export function callerName(request: FastifyRequest): string {
  return request.caller?.name ?? 'nobody'
}

/** The token of the Authorization header or, where there is no such header, of the console's cookie. */
function tokenOf(request: IncomingMessage): string | null {
  if (isByCookie(request)) return sessionCookie(request)
  const [, token] = /^(?:Bearer|Token) +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  return token ?? null
}

function isByCookie(request: IncomingMessage): boolean {
  return request.headers.authorization === undefined
}
