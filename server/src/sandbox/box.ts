/**
 * A command that nobody trusts, and the box that it runs in: its own namespaces, users, cgroup and system calls
 * (`run-in-box.ts`). All of it ends with its end, with the signal, and with the end of this process.
 */
export interface BoxedCommand {
  /** As it is seen in the box; the first is an absolute path. */
  command: readonly [string, ...string[]]
  /** All of its environment, beside `PATH`, `HOME`, `TMPDIR`, `LANG` and `USER`, which the box sets. */
  environment: Readonly<Record<string, string>>
  /** A tar archive that lies unpacked in its working folder `/box` when it begins; null: that is empty. */
  files: Uint8Array | null
  /** What of `/box` is given back as a tar archive when it ended with 0, or always; null: nothing. */
  keeps: { paths: readonly string[]; mostBytes: number; when: 'success' | 'always' } | null
  /** What it reads from its standard input; null: that is empty. */
  input: Uint8Array | null
  /** Who builds is another user than who runs. */
  user: 'build' | 'run'
  /** Files and folders of this machine that it sees beside `/usr`, read-only. */
  shows: readonly { from: string; to: string }[]
  limits: BoxLimits
  /** Ends it. */
  signal: AbortSignal
  /** Told what it prints, as it does. */
  onOutput(from: 'stdout' | 'stderr', chunk: Uint8Array): void
}

export interface BoxLimits {
  /** From its start to its end. */
  ms: number
  /** Of all that it starts together, what it writes to its folders included. */
  memoryBytes: number
  /** Processes and threads at once. */
  processes: number
  /** What `/box` and `/tmp` may hold, each. */
  folderBytes: number
  /** What it may print: more ends it. */
  printedBytes: number
}

export interface BoxEnd {
  /** As a shell tells it: 128 and more for a signal. Null: it was ended before it could tell. */
  code: number | null
  /** What it was ended for. Who fills a folder is refused by the kernel, and not ended. */
  exceeded: 'time' | 'memory' | 'processes' | 'printed' | null
  /** From its start to its end, milliseconds. */
  ms: number
  /** What was to be kept of `/box`: an archive that a stranger made. Null: nothing, or more than may be. */
  kept: Uint8Array | null
}

/** A box could not be made, or not be ended: a fault of this machine, which the message says how to mend. */
export class BoxError extends Error {
  readonly fault = 'environment'
}
