import type { RunLine } from './home/run.ts'

/** Whoever starts the processes of ajar: systemd, or the watchdog of `npm start`. */
export interface Host {
  /** Whether a checkout may run although `current` leads to a release; then the server's own word counts. */
  runsCheckouts: boolean
  /** Where this machine reaches the server: `http://127.0.0.1:20002`; https with any certificate. */
  serverUrl(): Promise<string>
  /** The data folder of the server. */
  dataDir(): Promise<string>
  /**
   * Runs the server of `release` (a folder) on a copy of the data, with no socket of the real one, told by
   * `AJAR_REHEARSAL=1` to send nothing anywhere. @returns where it answers, and how it is ended
   */
  rehearse(release: string, options: RehearseOptions): Promise<Rehearsal>
  /** What a release needs of its surroundings before it can be switched to, such as its units; null: `release` is a checkout. */
  prepare(release: string | null): Promise<void>
  /** Ends server and worker and starts them from `current`; at once and by force where `force` is set. Does not wait until they are ready. */
  restart(options: { force: boolean }): Promise<void>
  /** How the server's process is now, as whoever started it sees it. */
  serverProcess(): Promise<ServerProcess>
  /** The last lines that the server printed, for people, the oldest first; as far as they are known. */
  serverLines(span: PrintedSpan): Promise<string[]>
}

/** Which of the server's lines. */
export interface PrintedSpan {
  /** Milliseconds UTC. */
  from: number
  to: number
  /** Not of this process: it was another release's. */
  but: number | null
}

export interface RehearseOptions {
  /** Holds the copy of `state.db`, models and what else a start reads. */
  dataDir: string
  log(level: RunLine['level'], text: string): void
  signal: AbortSignal
}

export interface Rehearsal {
  url: string
  /** Resolves with what it printed last when it ends by itself. */
  ended: Promise<string>
  stop(): Promise<void>
}

export interface ServerProcess {
  pid: number | null
  /** Ends that nobody asked for since the last restart that somebody asked for, also those that nobody looked at. */
  crashes: number
  /** `failed`: it is not started again by itself, or not soon. */
  state: 'starting' | 'running' | 'stopping' | 'failed' | 'stopped'
}
