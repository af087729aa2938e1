import { BUILT_AT_MS } from './version.ts'

/** Everything the agent knows of time; tests hand in their own. */
export interface Clock {
  /** Milliseconds since 1970 UTC. May jump either way when somebody sets it. */
  now(): number
  /** Milliseconds since some fixed moment; never jumps. */
  monotonic(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    }),
}

/**
 * Whether frames may be named after this clock. A Pi has no battery behind its clock and may boot in 1970; what can be
 * told without asking the time service is whether the clock stands before this program was built.
 */
export function clockIsSet(clock: Clock): boolean {
  return clock.now() >= BUILT_AT_MS
}
