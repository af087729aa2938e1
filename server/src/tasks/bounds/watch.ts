import type { Cgroup } from '../../cgroups/cgroup.ts'
import type { BoundedCommand, Exceeded } from './bounded.ts'
import { MOST_FILES, sizeOf } from './folder-size.ts'
import type { Members } from './members.ts'
import { ownBytes, type Process, readProcesses } from './process-table.ts'

const EVERY_MS = 100
/** The first look, and the next one after twice that: what is out of hand is so at once. */
const FIRST_MS = 15
/** Of the time at most: a look at a large folder is followed by a longer pause. */
const SHARE = 0.1

/** Looks at what a command takes, ten times a second: the bound that is there on every machine. */
export class Watch {
  readonly #command: BoundedCommand
  readonly #members: Members
  readonly #cgroup: Cgroup | null
  readonly #keepers: number
  readonly #before: number
  #timer: NodeJS.Timeout | undefined

  /** @param keepers how many of the members are none of the command's */
  constructor(command: BoundedCommand, members: Members, cgroup: Cgroup | null, keepers: number) {
    this.#command = command
    this.#members = members
    this.#cgroup = cgroup
    this.#keepers = keepers
    this.#before = sizeOf(command.writes).bytes
  }

  /** @param hasBegun whether the keeper has @param onExceeded told once @param onEmpty told when nothing but keepers is left */
  start(hasBegun: () => boolean, onExceeded: (exceeded: Exceeded) => void, onEmpty: () => void): void {
    let pause = FIRST_MS
    const look = () => {
      const began = performance.now()
      const isComplete = hasBegun()
      const processes = this.#members.in(readProcesses())
      const exceeded = this.#processes(processes) ?? this.written()
      if (exceeded) return onExceeded(exceeded)
      if (isComplete && processes.length < this.#keepers) return onEmpty()
      pause = Math.min(EVERY_MS, pause * 2)
      this.#timer = setTimeout(look, Math.max(pause, (performance.now() - began) / SHARE))
    }
    this.#timer = setTimeout(look, pause)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** What the kernel refused it; asked at the end as well, for one that was quicker than a look. */
  refused(): Exceeded | null {
    const bound = this.#cgroup?.exceeded
    return bound ? { bound, limit: this.#limitOf(bound), found: null } : null
  }

  /** What it wrote that is too much. */
  written(): Exceeded | null {
    const { limits, writes } = this.#command
    const { bytes, files, largest } = sizeOf(writes)
    const found = Math.max(bytes - this.#before, largest)
    if (found >= limits.outputBytes) return { bound: 'output', limit: limits.outputBytes, found }
    return files > MOST_FILES ? { bound: 'files', limit: MOST_FILES, found: null } : null
  }

  #processes(processes: Process[]): Exceeded | null {
    const refused = this.refused()
    if (refused) return refused
    const { memoryBytes, processes: limit } = this.#command.limits
    const threads = processes.reduce((sum, each) => sum + each.threads, 0) - this.#keepers
    if (threads > limit) return { bound: 'processes', limit, found: threads }
    // What they share counts for each of them here; whether it is too much is asked only then, since that takes longer.
    if (sum(processes, ({ residentBytes }) => residentBytes) <= memoryBytes) return null
    const found = sum(processes, ownBytes)
    return found > memoryBytes ? { bound: 'memory', limit: memoryBytes, found } : null
  }

  #limitOf(bound: 'memory' | 'processes'): number {
    return bound === 'memory' ? this.#command.limits.memoryBytes : this.#command.limits.processes
  }
}

function sum(processes: Process[], bytes: (process: Process) => number): number {
  return processes.reduce((total, each) => total + bytes(each), 0)
}
