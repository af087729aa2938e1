import { heardServerTime } from '../design/clock.ts'
import type { HealthBody } from './bodies.ts'

/** An answer other than the wanted one, as the server says it; `unreachable` with status 0 where there is no answer. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  /** The field of the request that was wrong. */
  readonly field: string | null
  /** All that was answered, null where that is no JSON. */
  readonly body: unknown

  constructor(status: number, code: string, message: string, field: string | null = null, body: unknown = null) {
    super(message)
    this.body = body
    this.status = status
    this.code = code
    this.field = field
  }
}

/** Whether the server was not there, or not ready: the same call may do a moment later. */
export function isAway(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503)
}

export type Query = Record<string, string | number | boolean | undefined>

/** No call waits longer, in milliseconds. */
const LIMIT_MS = 30_000

/** Where the session is asked for and made; what it refuses is its answer. */
const SESSION = '/api/session'
const SIGNED_OUT = 'You are not signed in any more: sign in, then do it again.'
/** The header `Date` counts seconds. Milliseconds. */
const HALF_A_SECOND = 500

let tellSignedOut = () => {}

/** @param tell told when a call finds that nobody is signed in (any more) */
export function whenSignedOut(tell: () => void) {
  tellSignedOut = tell
}

/** @throws ApiError */
export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return call<T>('GET', path + queryText(query), undefined, signal)
}

/** How the server is: one in trouble says so with a 503, and with the same body. @throws ApiError */
export async function getHealth(signal: AbortSignal): Promise<HealthBody> {
  const response = await answer('GET', '/api/health/ready', undefined, signal)
  const body = await response.json().catch(() => null)
  if (Array.isArray((body as Partial<HealthBody> | null)?.checks)) return body as HealthBody
  throw answeredError(response.status, body)
}

/** Calls a route that changes something. @returns its body, undefined where it has none @throws ApiError */
export function send<T = void>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
  return call<T>(method, path, body)
}

/** `?a=1&b=2`, or nothing. */
export function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

async function call<T>(method: string, path: string, body: object | undefined, signal?: AbortSignal): Promise<T> {
  const response = await answer(method, path, body, signal)
  if (!response.ok) throw answeredError(response.status, await response.json().catch(() => null), path)
  return (response.status === 204 ? undefined : await response.json()) as T
}

async function answer(method: string, path: string, body: object | undefined, signal?: AbortSignal): Promise<Response> {
  const limit = AbortSignal.timeout(LIMIT_MS)
  const askedAt = Date.now()
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, 'unreachable', 'The server does not answer: check that it runs and that you are connected.')
  }
  heardServerTime(Date.parse(response.headers.get('date') ?? '') + HALF_A_SECOND, askedAt)
  return response
}

/**
 * What the server says went wrong.
 * @param body of its answer, null where that is no JSON
 * @param path of the call
 */
export function answeredError(status: number, body: unknown, path = ''): ApiError {
  if (status === 401 && path !== SESSION) {
    tellSignedOut()
    return new ApiError(401, 'signed_out', SIGNED_OUT)
  }
  const { error, detail } = (body ?? {}) as { error?: string | Partial<ApiError>; detail?: string }
  const said = typeof error === 'string' ? { message: error } : (error ?? { message: detail }) // the laboratory's are plain
  const { code = 'failed', message = `The server answered ${status}.`, field = null } = said as Partial<ApiError>
  return new ApiError(status, code, message, field, body)
}
