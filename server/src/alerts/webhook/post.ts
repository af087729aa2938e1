import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Address } from './addresses.ts'

/** More of an answer is not read. */
const MOST_BYTES = 65_536

export interface Post {
  url: URL
  headers: Record<string, string>
  body: string
  /** The connection goes to one of these. */
  addresses: Address[]
  /** Ends it; its reason is what the promise rejects with where no status came before. */
  signal: AbortSignal
}

export interface PostAnswer {
  status: number
  /** As the receiver wrote it after the status. */
  reason: string
  retryAfter: string | null
  /** The beginning of what it said. */
  said: string
}

/**
 * Sends one request over a connection of its own. The status is the answer: where the rest is too long, too slow or breaks
 * off, it is left.
 * @throws Error in words where there is no status
 */
export function post({ url, headers, body, addresses, signal }: Post): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const send = url.protocol === 'https:' ? secureRequest : plainRequest
    const request = send(url, {
      method: 'POST',
      agent: false,
      lookup: knownAddresses(addresses),
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    })
    const stop = () => request.destroy(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    request.once('close', () => signal.removeEventListener('abort', stop))
    const failed = (error: Error) => reject(new Error(wordsOf(error)))
    request.on('error', failed)
    // There may be neither an error nor an answer, as where a server switches to another protocol (101).
    request.once('close', () => failed(new Error('the connection was closed before an answer')))
    request.once('response', (response) => {
      // From here on the status is known, however it ends.
      readAnswer(request, response, resolve)
      request.off('error', failed)
    })
    request.end(body)
  })
}

function readAnswer(request: ClientRequest, response: IncomingMessage, done: (answer: PostAnswer) => void) {
  const chunks: Buffer[] = []
  let bytes = 0
  const end = () => {
    const { statusCode: status = 0, statusMessage: reason = '', headers } = response
    const said = Buffer.concat(chunks).subarray(0, MOST_BYTES).toString()
    done({ status, reason, retryAfter: headers['retry-after'] ?? null, said })
    request.destroy()
  }
  request.on('error', end)
  response.on('error', end)
  response.once('close', end)
  response.once('end', end)
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes >= MOST_BYTES) end()
  })
}

/** Answers whoever connects with what was judged, and asks nobody again. */
function knownAddresses(addresses: Address[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses
    if (all) callback(null, addresses)
    else callback(null, first?.address ?? '', first?.family)
  }
}

/** Where several addresses were tried, Node's error has no message of its own. */
function wordsOf(error: Error): string {
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined
  return (first ?? error).message || 'it could not be reached'
}
