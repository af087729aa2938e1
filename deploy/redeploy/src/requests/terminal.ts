import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Home } from '../home/home.ts'
import { readLedger } from '../home/ledger.ts'
import { completeReleases, linkedRelease, releasesBefore } from '../home/releases.ts'
import type { Run, RunLine } from '../home/run.ts'
import { readRun } from '../home/run-file.ts'
import type { Answer, Request } from './request.ts'

const LOOK_MS = 200
const ANSWER_MS = 10_000
/** A redeployer that says nothing for so long is gone: longer than any program that a step runs may take. */
const SILENT_MS = 30 * 60_000
/** One that ends just now takes no request; the next one is there within this. */
const MOST_TRIES = 15
const TRY_AGAIN_MS = 1000

type Print = (line: string) => void

/**
 * Asks the redeployer, as the server does, and shows what it does. It goes on when this terminal is gone.
 * @throws Error where it refuses, or nobody takes requests
 */
export async function ask(home: Home, what: Pick<Request, 'ref' | 'release' | 'force'>, print: Print): Promise<Run> {
  const job = `terminal-${Date.now()}`
  const by = `${process.env.SUDO_USER ?? process.env.USER ?? 'somebody'} at a terminal`
  const answer = await askUntilAnswered(home, { v: 1, job, by, ...what })
  if ('refused' in answer) throw new Error(`${answer.refused.message} (${answer.refused.code})`)
  return follow(home, job, print)
}

/** The release that ran last before the one that runs: of those that nothing is known of, the installer's, the newest. */
export function releaseBefore(home: Home): string {
  const before = releasesBefore(home)[0]
  if (!before) throw new Error('no other release was kept: `list` shows those that are here')
  return before
}

export function list(home: Home, print: Print) {
  const ledger = readLedger(home)
  const current = linkedRelease(home.current)
  const madeAt = (id: string) => ledger[id]?.madeAt ?? 0
  for (const id of completeReleases(home).sort((a, b) => madeAt(b) - madeAt(a))) {
    const { state = 'unknown', reason, ref } = ledger[id] ?? {}
    const words = [id === current ? '*' : ' ', id, state, ref, reason]
    print(words.filter((word) => word !== null && word !== undefined).join('  '))
  }
}

/** Asked again by the same name it is done once. */
async function askUntilAnswered(home: Home, request: Request): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send(home, request)
    } catch (error) {
      if (tries === MOST_TRIES) throw error
      await delay(TRY_AGAIN_MS)
    }
  }
}

async function send(home: Home, request: Request): Promise<Answer> {
  const socket = connect(home.socket)
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')))
  socket.write(`${JSON.stringify(request)}\n`)
  try {
    return JSON.parse(await text(socket))
  } catch (error) {
    throw new Error(`nobody takes requests at ${home.socket}: ${(error as Error).message}`)
  }
}

async function follow(home: Home, job: string, print: Print): Promise<Run> {
  const log = join(home.runs, `${job}.log`)
  let shown = 0
  for (let silentMs = 0; silentMs < SILENT_MS; silentMs += LOOK_MS) {
    const run = readRun(home, job)
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []
    for (const line of lines.slice(shown)) print(asText(line))
    if (lines.length > shown) silentMs = 0
    shown = lines.length
    if (run && run.state !== 'running') return run
    await delay(LOOK_MS)
  }
  throw new Error(`nothing was heard of it for ${SILENT_MS / 60_000} minutes`)
}

function asText(line: string): string {
  try {
    const { at, step, text } = JSON.parse(line) as RunLine
    return `${new Date(at).toISOString()} ${step ?? ''} ${text}`
  } catch {
    return line
  }
}
