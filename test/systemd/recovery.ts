import { until } from '../journeys/system.ts'
import type { InstalledServer } from './installed-server.ts'

/** What happens to the server, and how it is done. */
export interface Fault {
  name: string
  /** What issue 4 aims at, from fault to ready. */
  aimSeconds: number
  signal: NodeJS.Signals
}

/** One file's worth of faults that systemd mends by itself. */
export const FAULTS: Fault[] = [
  { name: 'kill -9', aimSeconds: 1, signal: 'SIGKILL' },
  { name: 'uncaught exception', aimSeconds: 1, signal: 'SIGUSR2' },
  { name: 'event loop hangs', aimSeconds: 3, signal: 'SIGWINCH' },
  { name: 'SIGSTOP', aimSeconds: 3, signal: 'SIGSTOP' },
]

/** Milliseconds since the fault, each by systemd's own clock but the last. */
export interface Recovery {
  /** systemd saw the process end, or ended it. */
  ended: number
  /** systemd started the next one. */
  started: number
  /** That one said READY=1. */
  told: number
  /** It answered over HTTP that frames are taken, stored and classified. */
  ready: number
}

const SHOWN = ['ExecMainStartTimestampMonotonic', 'ActiveEnterTimestampMonotonic', 'InactiveEnterTimestampMonotonic']

/** Hurts the server, and waits until it is ready again. */
export async function recover(server: InstalledServer, { signal }: Fault): Promise<Recovery> {
  await server.forgive()
  const pid = await server.pid()
  const fault = monotonic()
  process.kill(pid, signal)
  return await recovered(server, fault)
}

/** Waits until a server that was started after `fault` is ready. */
export async function recovered(server: InstalledServer, fault: number): Promise<Recovery> {
  return await until(async () => {
    if (!(await server.isReady())) return null
    const ready = monotonic()
    const shown = await server.show('ActiveState', ...SHOWN)
    const [started = 0, told = 0, ended = 0] = SHOWN.map((name) => Number(shown[name]) / 1000)
    // The one that was hurt may have had an answer on its way.
    if (shown.ActiveState !== 'active' || started < fault || told < started) return null
    return { ended: ended - fault, started: started - fault, told: told - fault, ready: ready - fault }
  })
}

/** The clock that systemd's timestamps are of, in milliseconds. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** A table for people, of rounds or of their medians. */
export function table(rows: { name: string; aimSeconds: number | null; recovery: Recovery }[]): string {
  const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2).padStart(7)
  const head = `${'fault'.padEnd(22)}${['ended', 'started', 'READY=1', 'ready', 'aim'].map((name) => name.padStart(8)).join('')}`
  const lines = rows.map(({ name, aimSeconds, recovery: { ended, started, told, ready } }) => {
    const times = [ended, started, told, ready].map((time) => ` ${Number.isFinite(time) ? seconds(time) : '      -'}`)
    return name.padEnd(22) + times.join('') + (aimSeconds === null ? '' : `  < ${aimSeconds} s`)
  })
  return ['seconds after the fault', head, ...lines].join('\n')
}
