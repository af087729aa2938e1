import type { PostAnswer } from './post.ts'

const MOST_SAID = 200
const FIRST_WAIT_MS = 1000
const MOST_BACK_OFF_MS = 600_000
/** A receiver may ask for more patience than we have by ourselves, and for no more than this. */
export const MOST_WAIT_MS = 3_600_000

/** Whether the receiver has taken the message. */
export function isTaken({ status }: PostAnswer): boolean {
  return status >= 200 && status < 300
}

/** What the receiver answered, for people. */
export function answerInWords({ status, reason, said }: PostAnswer): string {
  if (status >= 300 && status < 400)
    return `it answers ${status}, a redirect, which is not followed: give the address that it leads to`
  const text = plain(said)
  return `it answered ${plain(`${status} ${reason}`)}${text === '' ? '' : `: ${text}`}`
}

/**
 * How long to wait before the next attempt, ms.
 * @param failed attempts that failed so far, at least 1
 * @param random 0..1: those who failed together do not come again together
 */
export function waitAfter(failed: number, retryAfter: string | null, random: number, now: number): number {
  const most = Math.min(MOST_BACK_OFF_MS, FIRST_WAIT_MS * 2 ** Math.min(failed, 20))
  return Math.max(most / 2 + (random * most) / 2, Math.min(askedFor(retryAfter, now), MOST_WAIT_MS))
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function askedFor(retryAfter: string | null, now: number): number {
  if (retryAfter === null) return 0
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now
  return Number.isNaN(ms) ? 0 : ms
}

/** A receiver may say anything, and whoever reads it sees one short line. */
function plain(text: string): string {
  const line = text
    .slice(0, 4 * MOST_SAID)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  return line.length > MOST_SAID ? `${line.slice(0, MOST_SAID)}…` : line
}
