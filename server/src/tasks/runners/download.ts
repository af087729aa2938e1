import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

const MOST_BYTES = 512e6
const MOST_MS = 60_000

/** What lies elsewhere cannot be had: which address, and why. */
export class DownloadError extends Error {}

/** Whether it is an address to be fetched, rather than a path. @throws DownloadError where it is one of a kind that is not */
export function isFetched(url: string): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined || scheme === 'file') return false
  if (scheme === 'http' || scheme === 'https') return true
  throw new DownloadError(`${url} cannot be fetched: a path, file://, http:// or https:// is expected.`)
}

export interface DownloadBounds {
  bytes?: number
  ms?: number
}

/**
 * Fetches a file into `folder`, under a name of ours with the ending of the address.
 * @param number tells it from others of the same task
 * @returns its path
 * @throws DownloadError
 */
export async function download(
  url: string,
  folder: string,
  number: number,
  { bytes: mostBytes = MOST_BYTES, ms = MOST_MS }: DownloadBounds = {},
): Promise<string> {
  const parsed = URL.parse(url)
  if (!parsed) throw new DownloadError(`${url} is no address.`)
  const path = join(folder, `download-${number}${/^\.\w{1,8}$/.exec(extname(parsed.pathname))?.[0] ?? ''}`)
  try {
    const signal = AbortSignal.timeout(ms)
    const answer = await fetch(parsed, { signal })
    if (!answer.ok || !answer.body) {
      await answer.body?.cancel()
      throw new DownloadError(`${url} answered ${answer.status} ${answer.statusText}`.trimEnd())
    }
    const body = Readable.fromWeb(answer.body as ReadableStream<Uint8Array>)
    await pipeline(body, (chunks) => bounded(chunks, mostBytes, url), createWriteStream(path), { signal })
    return path
  } catch (error) {
    await rm(path, { force: true })
    if (error instanceof DownloadError) throw error
    const { name, message, cause } = error as Error
    if (name === 'TimeoutError' || name === 'AbortError')
      throw new DownloadError(`${url} took longer than ${ms / 1000} s.`)
    throw new DownloadError(`${url} could not be fetched: ${cause instanceof Error ? reasonOf(cause) : message}`)
  }
}

/** What OpenSSL and undici say is for their authors. */
function reasonOf({ message, code }: Error & { code?: string }): string {
  if (message === 'bad port') return 'its port is one of those that nothing is fetched from.'
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/.test(code ?? ''))
    return 'what answers there speaks no TLS: http://?'
  return /:SSL routines:/.test(message) ? (message.split(':')[5] ?? message) : message
}

async function* bounded(chunks: AsyncIterable<Uint8Array>, most: number, url: string) {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > most) throw new DownloadError(`${url} is larger than ${most / 1e6} MB.`)
    yield chunk
  }
}
