import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BUILT_AT_MS } from './version.ts'

/** Everything the agent knows of time; tests hand in their own. */
export interface Clock {
  /** Milliseconds since 1970 UTC. May jump either way when somebody sets it. */
  now(): number
  /** Milliseconds since this machine booted (CLOCK_MONOTONIC); never jumps, and every process of a boot sees the same. */
  monotonic(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A moment by both clocks: the wall's may be wrong, and then the monotonic one tells it when the wall's has been set. */
export interface Instant {
  /** Milliseconds since 1970 UTC. */
  wallMs: number
  monotonicMs: number
}

export function instantOf(clock: Clock): Instant {
  return { wallMs: clock.now(), monotonicMs: clock.monotonic() }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
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

/** `unset`: known to be wrong or not set yet. `plausible`: nobody knows. `synchronised`: a time service says so. */
export type ClockTrust = 'unset' | 'plausible' | 'synchronised'

/** Exists while systemd-timesyncd runs, and holds `synchronized` once it (or systemd-time-wait-sync) has set the clock. */
const TIME_SERVICE = '/run/systemd/timesync'
/** Exists where a battery keeps the clock going while the machine is off. */
const BATTERY_CLOCK = '/sys/class/rtc/rtc0'

/**
 * Whether frames may be named after this clock (guarantee 5). A Pi has no battery behind its clock and may boot in 1970 or at
 * the moment it was switched off: where systemd-timesyncd runs, its word counts. Elsewhere (chrony and others would have to
 * be asked by a program of their own), and where a battery keeps the clock going, it may not stand before this program was
 * built.
 *
 * Until then frames and readings wait in the outbox with boot id and monotonic time.
 */
export function clockTrust(clock: Clock, timeService = TIME_SERVICE, batteryClock = BATTERY_CLOCK): ClockTrust {
  if (clock.now() < BUILT_AT_MS) return 'unset'
  if (existsSync(join(timeService, 'synchronized'))) return 'synchronised'
  return existsSync(timeService) && !existsSync(batteryClock) ? 'unset' : 'plausible'
}
