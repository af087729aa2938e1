import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { readTrust } from '@ajar/edge-agent'
import { ApiError } from './api.ts'
import type { RunningAddress } from './running.ts'

export interface StreamCall {
  method: 'GET' | 'POST'
  path: string
  /** What is sent, which need never be in memory as a whole. */
  body?: Readable
  headers?: Record<string, string>
}

/** So long nothing may move. */
const STALL_MS = 60_000

/**
 * A call whose body or answer is larger than memory.
 * @returns the answer, whose bytes are still to be read
 * @throws ApiError where the server says no, Error where there is none
 */
export async function streamCall(
  { address, token }: RunningAddress,
  { method, path, body, headers = {} }: StreamCall,
): Promise<IncomingMessage> {
  const trust = address.ca === null ? {} : await readTrust(address.ca)
  const url = address.http + path
  const answered = Promise.withResolvers<IncomingMessage>()
  const options = { method, headers: { authorization: `Bearer ${token}`, ...headers }, agent: false, timeout: STALL_MS }
  const send = address.ca === null ? plainRequest : secureRequest
  const call = send(url, { ...options, ...trust }, answered.resolve)
  call.once('timeout', () => call.destroy(new Error(`${address.http} does not answer`)))
  // Whoever is refused early is answered, and then cut off: the answer counts.
  call.on('error', (error) => setTimeout(() => answered.reject(described(error, address.http)), 100))
  body?.once('error', (error) => call.destroy(error))
  if (body) body.pipe(call)
  else call.end()
  const answer = await answered.promise
  const { statusCode = 0 } = answer
  if (statusCode >= 200 && statusCode <= 299) return answer
  body?.unpipe(call)
  const text = Buffer.concat(await answer.toArray()).toString()
  call.destroy()
  const { error } = (text.startsWith('{') ? JSON.parse(text) : {}) as { error?: { code: string; message: string } }
  throw new ApiError(statusCode, error?.code ?? 'http', error?.message ?? `${method} ${path}: ${statusCode}`)
}

function described(error: NodeJS.ErrnoException, http: string): Error {
  if (error.code !== 'ECONNREFUSED' && error.code !== 'ENOTFOUND') return error
  return new Error(`no server answers at ${http} (${error.code}): start it, or name another one with --server`)
}
