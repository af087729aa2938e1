import { type ReadonlySignal, signal } from '@preact/signals'

const TICK_MS = 1000
/** A server that is heard to be this far off may as well be right: the way to it takes time, and its header counts seconds. */
const TOLERANCE_MS = 1000

/** How far the server is ahead of this machine. Its times stand on everything that is shown. */
let aheadMs = 0
const now = signal(serverNow())

/** Milliseconds UTC by the server's clock, a second at a time: all ages on the page are counted by it. */
export const clock: ReadonlySignal<number> = now

/** Milliseconds UTC by the server's clock. */
export function serverNow(): number {
  return Date.now() + aheadMs
}

/**
 * The server said what time it is.
 * @param at milliseconds UTC
 * @param askedAt when it was asked, by this machine's clock: it said so between then and now
 */
export function heardServerTime(at: number, askedAt = Date.now()) {
  const heardAt = Date.now()
  const ahead = at - (askedAt + heardAt) / 2
  if (!(Math.abs(ahead - aheadMs) > TOLERANCE_MS + (heardAt - askedAt) / 2)) return
  aheadMs = Math.round(ahead) // times that the server is asked for are whole milliseconds
  now.value = serverNow()
}

export function startClock() {
  setInterval(() => {
    if (document.visibilityState === 'visible') now.value = serverNow()
  }, TICK_MS)
}
