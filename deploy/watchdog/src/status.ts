/** What the watchdog tells of each process. */
export interface ProcessStatus {
  name: string
  pid: number | null
  startedAtMs: number | null
  /** Starts after the first. */
  restarts: number
  lastExit: LastExit | null
  state: ProcessState
  /** When quick restarts did not help the last time; null: never. Who is down meanwhile hears of it later. */
  lastFailure: Failure | null
  /** Its last lines for people, oldest first; in a report those that were not told yet. */
  log: string[]
}

/**
 * `backoff`: it waits for its next start. `failed`: quick restarts did not help; it is tried again, but seldom. `stopped`: by
 * order, or not begun yet.
 */
export type ProcessState = 'starting' | 'running' | 'backoff' | 'failed' | 'stopped'

/** How a process is for whoever has it restarted with another program. */
export interface Liveness {
  pid: number | null
  /** Ends that nobody asked for since it was last restarted by order. */
  crashes: number
  /** `failed`: quick restarts did not help, and nobody had it restarted since. */
  state: 'starting' | 'running' | 'stopping' | 'failed' | 'stopped'
}

export interface Failure {
  /** Milliseconds UTC. */
  fromMs: number
  /** When it ran again, null: it does not yet. */
  toMs: number | null
  /** As `restarts` was then. */
  restarts: number
}

export interface LastExit {
  code: number | null
  signal: NodeJS.Signals | null
  /** `hang`: no heartbeat. `start_timeout`: not ready in time. `asked`: somebody wanted it. */
  why: 'exit' | 'hang' | 'start_timeout' | 'asked'
  /** Milliseconds UTC. */
  atMs: number
}
