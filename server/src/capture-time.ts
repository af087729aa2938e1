/** Clocks differ a little; more than this is a wrong clock. */
export const MAX_AHEAD_MS = 5 * 60_000
/** A Pi without network starts in 1970: nothing is older than this. */
const OLDEST_MS = Date.UTC(2000, 0, 1)

/**
 * Whether a device's clock can be right.
 * @param at what it said, milliseconds UTC
 * @param now the server's clock, milliseconds UTC
 * @returns why it cannot, or null
 */
export function clockFlaw(at: number, now: number): string | null {
  if (at >= OLDEST_MS && at <= now + MAX_AHEAD_MS) return null
  return 'the time is in the future or before 2000: set the clock of the device'
}
