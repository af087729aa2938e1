import type { Limits } from '../task.ts'

export interface BoundedCommand {
  /** The first is an absolute path. */
  command: readonly [string, ...string[]]
  /** Its working directory. */
  folder: string
  /** All of its environment. */
  environment: Record<string, string>
  limits: Limits
  /** Folders that it may write to: what they grow by counts as its output. */
  writes: readonly string[]
  /** Folders of which it sees nothing but what it is shown, where mounts can be had; the machine's temporary ones are always hidden. */
  hidden: readonly string[]
  /** Folders that it sees wherever they are, as it does its own, those that it writes to, and those of its words. */
  shown: readonly string[]
  /** Ends it. */
  signal: AbortSignal
  /** Told what it prints, as it does; what of it is kept is up to whoever asked. */
  onOutput(from: 'stdout' | 'stderr', chunk: Buffer): void
}

/** What a command took more of than it may, with what it was found at where that is known. */
export interface Exceeded {
  bound: 'time' | 'memory' | 'processes' | 'output' | 'printed' | 'files'
  limit: number
  found: number | null
}

export interface BoundedEnd {
  /** As a shell tells it: 128 and more for a signal. Null: its keeper was ended before it could tell. */
  code: number | null
  /** It was ended for this. */
  exceeded: Exceeded | null
  /** From its start to its end, milliseconds. */
  ms: number
}

/** A keeper could not be started, or something could not be ended: a fault of this machine. */
export class BoundsError extends Error {}
