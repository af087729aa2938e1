import type { LastExit, Pause } from '@ajar/watchdog'

/** How a process ended and when it is back, for people. */
export function whatEnded(name: string, { code, signal, why }: LastExit, { ms, isFailed }: Pause): string {
  const what = {
    exit: `ended (${signal ?? code ?? 'it could not be started'})`,
    hang: 'gave no sign of life and was ended',
    start_timeout: 'was not ready in time and was ended',
    asked: 'was ended, as asked',
  }[why]
  const soon = ms === 0 ? 'it is started again' : `it is started again in ${(ms / 1000).toFixed(1)} s`
  return `${new Date().toISOString()} The ${name} ${what}; ${isFailed ? `that was too often: what it said last says why; ${soon}` : soon}.`
}
