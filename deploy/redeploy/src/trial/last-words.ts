import { setTimeout as delay } from 'node:timers/promises'
import type { Pending } from '../home/pending.ts'
import { CONTROLS } from '../home/run-file.ts'
import type { Host } from '../host.ts'
import { withoutSecrets } from '../programs/without-secrets.ts'

const MOST = 8
const LONGEST = 400
/** Whoever has the lines gives them within this, or they are done without. */
const LIMIT_MS = 3000
/** Names why a program of Node ended; a stack follows. */
const WHY = /^\S*(Error|Exception)\b|\b(fatal|cannot|failed)\b/i

/** What a release that was on trial printed last. */
export interface LastWords {
  lines: string[]
  /** The one that says most; null where it printed nothing. */
  first: string | null
}

/** @param until when it was found to be no good, in milliseconds UTC: what comes later is of the one before */
export async function lastWordsOf(host: Host, { startedAt, pidBefore }: Pending, until: number): Promise<LastWords> {
  const limit = new AbortController()
  const late = delay(LIMIT_MS, [], { signal: limit.signal })
  late.catch(() => {}) // it is not waited for any more
  try {
    const said = await Promise.race([host.serverLines({ from: startedAt, to: until, but: pidBefore }), late])
    const lines = said
      .filter((line) => line.trim() !== '')
      .slice(-MOST)
      // They are kept with the release too, and shown at a terminal.
      .map((line) => withoutSecrets(line.slice(0, LONGEST)).replace(CONTROLS, '\ufffd'))
    return { lines, first: lines.find((line) => WHY.test(line)) ?? lines.at(-1) ?? null }
  } finally {
    limit.abort()
  }
}
