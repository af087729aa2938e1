import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { get as getPlain, type IncomingMessage } from 'node:http'
import { get as getOverTls } from 'node:https'
import { join } from 'node:path'
import type { FrameCounts } from '../home/pending.ts'

/** What a server says of itself at `GET /api/health/ready`, to whoever shows its probe. */
export interface Health {
  /** Checks that are errors; none: it is ready. */
  failing: { name: string; text: string }[]
  /** Null: a checkout. */
  release: string | null
  frames: FrameCounts
}

const LIMIT_MS = 1000
const LONGEST = 1024 * 1024
/** Written by each server at its start; whoever can read the data folder may know how it is. */
const PROBE = 'run/probe'
const LONGEST_PROBE = 256
/** Of what a check says, so much is passed on: into the log, the ledger, and somebody's terminal. */
const MOST_CHECKS = 50
const LONGEST_NAME = 100
const LONGEST_TEXT = 300
const LONGEST_ID = 200

/**
 * Asks once, and waits a second at most. Whose certificate it is does not matter: it is this machine.
 * @returns why there is no answer of a server that knows us, as text
 */
export async function askHealth(url: string, dataDir: string, limitMs = LIMIT_MS): Promise<Health | string> {
  try {
    const headers = { 'x-ajar-probe': probeOf(dataDir), connection: 'close' }
    return healthIn(await bodyOf(new URL('/api/health/ready', url), headers, limitMs))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ECONNREFUSED' ? 'nobody listens' : message
  }
}

/**
 * What the server has written, if it is in nobody else's hands: a link would have root send it the first line of any file, and
 * a pipe have root wait for ever.
 */
function probeOf(dataDir: string): string {
  let file: number | null = null
  try {
    file = openSync(join(dataDir, PROBE), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const found = fstatSync(file)
    if (!found.isFile() || found.uid !== statSync(dataDir).uid) throw new Error('it is not of whoever has the data')
    const bytes = Buffer.alloc(LONGEST_PROBE)
    return bytes.toString('utf8', 0, readSync(file, bytes)).trim()
  } catch {
    throw new Error('it has not written its probe')
  } finally {
    if (file !== null) closeSync(file)
  }
}

function bodyOf(url: URL, headers: Record<string, string>, limitMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const read = (answer: IncomingMessage) => {
    const parts: Buffer[] = []
    let bytes = 0
    answer.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > LONGEST) asked.destroy(new Error('it answers without an end'))
      else parts.push(part)
    })
    answer.on('end', () => resolve(Buffer.concat(parts).toString()))
    answer.on('error', reject)
  }
  const options = { headers, agent: false as const }
  const asked =
    url.protocol === 'https:'
      ? getOverTls(url, { ...options, rejectUnauthorized: false }, read)
      : getPlain(url, options, read)
  asked.on('error', reject)
  // Of the whole: an answer that comes byte by byte is none.
  const limit = setTimeout(() => asked.destroy(new Error(`no answer within ${limitMs} ms`)), limitMs)
  return promise.finally(() => clearTimeout(limit))
}

function healthIn(body: string): Health | string {
  let answer: Partial<Record<'status' | 'checks' | 'release' | 'frames', unknown>>
  try {
    answer = JSON.parse(body) ?? {}
  } catch {
    return 'its answer is no JSON'
  }
  const { status, checks, release, frames } = answer
  if (!Array.isArray(checks) || typeof status !== 'string') return 'its answer is not one of ajar'
  if (!isCounts(frames)) return 'it does not know our probe'
  const failing = checks
    .filter((check) => check?.level === 'error')
    .slice(0, MOST_CHECKS)
    .map(({ name, text }) => ({
      name: String(name).slice(0, LONGEST_NAME),
      text: String(text ?? '').slice(0, LONGEST_TEXT),
    }))
  return { failing, release: typeof release === 'string' ? release.slice(0, LONGEST_ID) : null, frames }
}

function isCounts(value: unknown): value is FrameCounts {
  const { taken, ended, waiting } = (value ?? {}) as Partial<FrameCounts>
  return [taken, ended, waiting].every(Number.isFinite)
}
