/** Time as the watchdog sees it; tests hand in one that they move. */
export interface Clock {
  /** Rises evenly, in milliseconds; nobody sets it. */
  now(): number
  /** @returns what takes the timer away */
  setTimer(run: () => void, ms: number): () => void
}

export const realClock: Clock = {
  now: () => performance.now(),
  setTimer(run, ms) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
