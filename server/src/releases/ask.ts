import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import { shaped } from './read-json.ts'
import { RedeployError } from './redeploy-error.ts'

/** What is sent to the redeployer, of whatever release it is: fields are only added. */
export interface Request {
  v: 1
  /** Asked again with the same name, the run goes on. */
  job: string
  ref: string | null
  release: string | null
  force: boolean
  by: string
}

const Answer = Type.Union([
  Type.Object({ accepted: Type.Literal(true) }),
  Type.Object({ refused: Type.Object({ code: Type.String(), message: Type.String() }) }),
])

/** A socket that is just being opened, as after a start, is there sooner. */
const RETRY_MS = 500
const MOST_TRIES = 10
const MOST_CHARACTERS = 64 * 1024
/** `sun_path` of unix(7) holds 108 bytes, and the last is a zero. */
const MOST_PATH_BYTES = 107

/**
 * Asks the redeployer, which may first have to end what it is at. Where it just ends, having had nothing to do for a while,
 * it is asked again.
 * @param limitMs for its answer
 * @throws RedeployError `no_redeployer` where nobody is there, `redeployer_silent`, `redeployer_garbled`, or the code of its
 * refusal
 */
export async function ask(path: string, request: Request, limitMs: number, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    const isLast = tries === MOST_TRIES
    try {
      const line = await answerOf(path, request, limitMs, signal)
      if (line !== '' || isLast) return accept(line)
    } catch (error) {
      if (isLast || !(error instanceof NotThere)) throw error
    }
    await sleep(RETRY_MS, null, { signal })
  }
}

/** @returns its first line; empty where it went without a word */
async function answerOf(path: string, request: Request, limitMs: number, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(limitMs)
  const socket = await connected(path, signal)
  try {
    socket.write(`${JSON.stringify(request)}\n`)
    return await firstLine(socket, AbortSignal.any([limit, signal]))
  } catch (error) {
    if (limit.aborted && !signal.aborted) throw silent(limitMs)
    throw error
  } finally {
    socket.destroy()
  }
}

function accept(line: string) {
  const answer = shaped(line, Answer)
  if (answer === null) throw garbled(line)
  if ('refused' in answer) throw new RedeployError(answer.refused.code, answer.refused.message)
}

/** Where the path is too long for a socket, its folder is held open and the path leads through it (Linux). */
async function connected(path: string, signal: AbortSignal): Promise<Socket> {
  const folder = Buffer.byteLength(path) > MOST_PATH_BYTES ? openSync(dirname(path), 'r') : null
  const socket = connect(folder === null ? path : `/proc/self/fd/${folder}/${basename(path)}`)
  try {
    await once(socket, 'connect', { signal })
    socket.on('error', () => {}) // whoever reads sees that it closed
    return socket
  } catch (error) {
    socket.on('error', () => {}).destroy()
    signal.throwIfAborted()
    throw new NotThere(path, error as Error)
  } finally {
    if (folder !== null) closeSync(folder)
  }
}

async function firstLine(socket: Socket, signal: AbortSignal): Promise<string> {
  const cut = () => socket.destroy()
  signal.addEventListener('abort', cut, { once: true })
  let said = ''
  try {
    socket.setEncoding('utf8')
    for await (const text of socket) {
      said += text
      if (said.includes('\n') || said.length > MOST_CHARACTERS) break
    }
  } catch {
    // It was cut off: what it has said counts, if it said anything.
  } finally {
    signal.removeEventListener('abort', cut)
  }
  signal.throwIfAborted()
  return said.split('\n', 1)[0] ?? ''
}

class NotThere extends RedeployError {
  constructor(path: string, { code, message }: NodeJS.ErrnoException) {
    super(
      'no_redeployer',
      `nobody takes redeploys at ${path} (${code ?? message}), and nothing was changed: as a service, ` +
        '`systemctl start ajar-redeploy.socket`, and see its journal; else start ajar with `npm start`; then ask again',
    )
  }
}

function silent(limitMs: number): RedeployError {
  return new RedeployError(
    'redeployer_silent',
    `the redeployer did not answer within ${limitMs / 1000} s: see \`journalctl -u ajar-redeploy\`, or the lines of ` +
      '`npm start`; it may begin late, so look at the list of releases before you ask again',
  )
}

function garbled(said: string): RedeployError {
  return new RedeployError(
    'redeployer_garbled',
    `the redeployer gave no answer that this release understands (${JSON.stringify(said.slice(0, 100))}): see ` +
      '`journalctl -u ajar-redeploy`, or the lines of `npm start`, then ask again',
  )
}
