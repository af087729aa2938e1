import { setTimeout as delay } from 'node:timers/promises'
import type { Host } from '../host.ts'
import { Gate, type GateOptions, type Look, type Verdict } from './gate.ts'
import { askHealth } from './health.ts'

/** Between two looks. */
const EVERY_MS = 250
/** Whoever started the server says how it is within this, or is not asked any longer. */
const HOST_LIMIT_MS = 1000

export interface Watched {
  verdict: Exclude<Verdict, { is: 'waiting' }>
  /** For so long it did not answer well, in milliseconds. */
  downMs: number
}

/**
 * Looks at the server four times a second until it is good or sick. The gate ends each wait.
 * @param onGood told how long it has answered well in a row, in milliseconds
 * @throws the signal's reason
 */
export async function watchServer(
  host: Host,
  options: GateOptions,
  signal: AbortSignal,
  onGood: (forMs: number) => void = () => {},
): Promise<Watched> {
  const startedAt = performance.now()
  const gate = new Gate(options, startedAt)
  const dataDir = await host.dataDir()
  let downMs = 0
  let lookedAt = startedAt
  let goodSince: number | null = null
  for (;;) {
    const look = await lookAt(host, dataDir, gate)
    const { at, health } = look
    const isGood = gate.faultOf(health) === null
    if (!isGood || goodSince === null) downMs += at - lookedAt
    goodSince = isGood ? (goodSince ?? at) : null
    lookedAt = at
    if (goodSince !== null) onGood(at - goodSince)
    const verdict = gate.take(look)
    if (verdict.is !== 'waiting') return { verdict, downMs }
    await delay(Math.max(0, EVERY_MS - (performance.now() - at)), undefined, { signal })
  }
}

/**
 * Asks the server, and whoever started it. Where systemd holds its socket nobody answers for a while, and meanwhile it may end so
 * often that systemd gives up, and closes the socket to all who wait: that its process has ended waits for no answer.
 */
async function lookAt(host: Host, dataDir: string, gate: Gate): Promise<Look> {
  const asked = askAt(host, dataDir).then((health) => ({ health }))
  asked.catch(() => {}) // awaited below, or of no interest any more
  for (;;) {
    const process = await processOf(host)
    const answer = gate.endOf(process)
      ? { health: 'its process has ended' }
      : await Promise.race([asked, delay(EVERY_MS, null)])
    if (answer) return { at: performance.now(), health: answer.health, process }
  }
}

/** @returns the one that answers now as a server of ours; null where none does */
export async function healthNow(host: Host) {
  const health = await askAt(host, await host.dataDir())
  return typeof health === 'string' ? null : health
}

/** Its settings may say another address after a restart. */
async function askAt(host: Host, dataDir: string) {
  return askHealth(await host.serverUrl(), dataDir)
}

async function processOf(host: Host) {
  const limit = new AbortController()
  try {
    return await Promise.race([host.serverProcess(), delay(HOST_LIMIT_MS, null, { signal: limit.signal })])
  } catch {
    return null
  } finally {
    limit.abort()
  }
}
