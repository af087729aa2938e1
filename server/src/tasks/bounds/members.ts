import { readFileSync } from 'node:fs'
import type { Cgroup } from '../../cgroups/cgroup.ts'
import { MARK } from './keeper.ts'
import { descendantsOf, type Process, type ProcessTable, readProcesses } from './process-table.ts'

const MOST_ROUNDS = 200
/** Rounds that only stop, before the first one that ends: what is stopped starts nothing more. */
const STOPPING_ROUNDS = 10

/**
 * Which processes belong to one command. Within a PID namespace these are the descendants of whoever made it. Elsewhere a
 * daemon leaves its parents: it is known by its session, its cgroup, the mark in its environment, or from an earlier look.
 */
export class Members {
  readonly #keeper: number
  readonly #isContained: boolean
  readonly #cgroup: Cgroup | null
  readonly #mark: Buffer
  /** Those seen before, by number and start. */
  readonly #seen = new Map<number, number>()
  readonly #strangers = new Map<number, number>()

  constructor(keeper: number, isContained: boolean, cgroup: Cgroup | null, mark: string) {
    this.#keeper = keeper
    this.#isContained = isContained
    this.#cgroup = cgroup
    this.#mark = Buffer.from(`${MARK}=${mark}\0`)
  }

  /** With the keeper's own, without the keeper itself. */
  in(table: ProcessTable): Process[] {
    const found = new Map(descendantsOf(table, this.#keeper).map((process) => [process.pid, process]))
    if (!this.#isContained) this.#addStrays(table, found)
    return [...found.values()].filter(({ isDead }) => !isDead)
  }

  /** Ends them all where no namespace does. @returns whether none is left */
  sweep(): boolean {
    const stopped = new Set<number>()
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const members = this.in(readProcesses())
      if (members.length === 0) return true
      const isNew = members.filter(({ pid }) => !stopped.has(pid))
      for (const { pid } of isNew) if (signal(pid, 'SIGSTOP')) stopped.add(pid)
      if (isNew.length === 0 || round >= STOPPING_ROUNDS) for (const { pid } of members) signal(pid, 'SIGKILL')
    }
    return false
  }

  #addStrays(table: ProcessTable, found: Map<number, Process>) {
    const inCgroup = new Set(this.#cgroup?.processes)
    for (const process of table.values()) {
      const { pid, session, startedAt } = process
      if (pid === this.#keeper || found.has(pid)) continue
      const isMember =
        session === this.#keeper || inCgroup.has(pid) || this.#seen.get(pid) === startedAt || this.#isMarked(process)
      if (!isMember) continue
      found.set(pid, process)
      for (const child of descendantsOf(table, pid)) found.set(child.pid, child)
    }
    found.delete(this.#keeper)
    this.#seen.clear()
    for (const { pid, startedAt } of found.values()) this.#seen.set(pid, startedAt)
  }

  /** It is asked once: whoever was never marked does not become so. */
  #isMarked({ pid, startedAt }: Process): boolean {
    if (this.#strangers.get(pid) === startedAt) return false
    try {
      if (readFileSync(`/proc/${pid}/environ`).includes(this.#mark)) return true
    } catch {
      // another user's
    }
    this.#strangers.set(pid, startedAt)
    return false
  }
}

/** @returns whether there was such a process, and it is ours */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
