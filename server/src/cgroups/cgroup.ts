import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

export interface CgroupLimits {
  memoryBytes: number
  /** Threads count as well. */
  processes: number
}

/** What one hierarchy bounds: all of version 2, or one controller of version 1. */
export interface Hierarchy {
  /** The cgroup that ours are made in. */
  base: string
  bounds: readonly ('memory' | 'processes')[]
  /** Files of a new cgroup and what is written to them; a missing optional one is passed over. */
  settings(limits: CgroupLimits): { file: string; value: string; isOptional?: boolean }[]
  /** A file and the key in it that counts how often the kernel refused what was more. */
  counts: readonly { bound: 'memory' | 'processes'; file: string; key: string }[]
}

const NAME = /^ajar-task-(\d+)-[0-9a-f]+$/
/** A cgroup is busy for a moment where its last process has just ended. */
const REMOVAL_WAITS_MS = [1, 5, 25, 100, 400, 1600]

/** Cgroups of one command, one in each hierarchy that may be had. */
export class Cgroup {
  readonly #folders: { folder: string; hierarchy: Hierarchy }[] = []

  /** @throws where the kernel does not let us; nothing is left then */
  constructor(hierarchies: readonly Hierarchy[]) {
    const name = `ajar-task-${process.pid}-${randomBytes(6).toString('hex')}`
    try {
      for (const hierarchy of hierarchies) {
        const folder = join(hierarchy.base, name)
        mkdirSync(folder)
        this.#folders.push({ folder, hierarchy })
      }
    } catch (error) {
      void this.remove()
      throw error
    }
  }

  /** @throws where the kernel does not let us */
  limit(limits: CgroupLimits): void {
    for (const { folder, hierarchy } of this.#folders)
      for (const { file, value, isOptional } of hierarchy.settings(limits)) put(join(folder, file), value, isOptional)
  }

  /** Whoever writes `0` to these is in it. */
  get joins(): string[] {
    return this.#folders.map(({ folder }) => join(folder, 'cgroup.procs'))
  }

  /** Which bound the kernel had to enforce, or null. */
  get exceeded(): 'memory' | 'processes' | null {
    for (const { folder, hierarchy } of this.#folders)
      for (const { bound, file, key } of hierarchy.counts)
        if (new RegExp(`^${key} [1-9]`, 'm').test(read(join(folder, file)))) return bound
    return null
  }

  /** The numbers of those that are in it. */
  get processes(): number[] {
    const lists = this.joins.map((file) => read(file).split('\n').filter(Boolean).map(Number))
    return [...new Set(lists.flat())]
  }

  /** Once nothing is in it. What cannot be removed now is removed by the next process that starts. */
  async remove(): Promise<void> {
    for (const wait of REMOVAL_WAITS_MS) {
      if (this.removeNow()) return
      await setTimeout(wait)
    }
  }

  /** @returns whether they are gone */
  removeNow(): boolean {
    return this.#folders.map(({ folder }) => isRemoved(folder)).every(Boolean)
  }
}

/** Removes those of processes that are gone, as after a kill -9. */
export function removeLeftOver(hierarchies: readonly Hierarchy[]): void {
  for (const { base } of hierarchies)
    for (const name of readdirSync(base)) {
      const pid = Number(NAME.exec(name)?.[1])
      // One of another PID namespace is not empty, and stays.
      if (pid && !isAlive(pid)) isRemoved(join(base, name))
    }
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function put(file: string, value: string, isOptional = false): void {
  try {
    writeFileSync(file, value, { flag: 'r+' })
  } catch (error) {
    if (!isOptional) throw error
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
