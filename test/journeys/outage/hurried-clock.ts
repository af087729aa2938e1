/**
 * Loaded into an agent before its own code (`--import`), where TEST_HURRY says how: all its time runs many times as fast, from
 * an hour ago (or however long) until it has caught up with ours, and as ours from then on. So an hour's outage takes a minute
 * or two, and ends now, as far as a server is concerned.
 */
export interface Hurry {
  /** When it began, by our clock, milliseconds UTC. */
  startedAtMs: number
  /** How far in the past it began. */
  lagMs: number
  /** How many times as fast it runs. */
  scale: number
}

/** The hurried time at a time of ours, milliseconds UTC. */
export function hurried({ startedAtMs, lagMs, scale }: Hurry, ourMs: number): number {
  return Math.min(ourMs, ourMs - lagMs + (scale - 1) * (ourMs - startedAtMs))
}

/** When the hurry is over, by either clock, milliseconds UTC. */
export function caughtUpAt({ startedAtMs, lagMs, scale }: Hurry): number {
  return startedAtMs + lagMs / (scale - 1)
}

const settings = process.env.TEST_HURRY

if (settings !== undefined) {
  const hurry: Hurry = JSON.parse(settings)
  const ourNow = Date.now
  const ourMonotonic = process.hrtime.bigint
  const ourTimeout = globalThis.setTimeout
  const lag = () => ourNow() - hurried(hurry, ourNow())
  Date.now = () => Math.floor(hurried(hurry, ourNow()))
  process.hrtime.bigint = () => ourMonotonic() + BigInt(Math.round((hurry.lagMs - lag()) * 1e6))
  const hurriedTimeout = (work: () => void, ms = 0, ...rest: []) =>
    ourTimeout(work, lag() > 0 ? ms / hurry.scale : ms, ...rest)
  globalThis.setTimeout = Object.assign(hurriedTimeout, ourTimeout) as typeof setTimeout
}
