import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startOf } from './process-start.ts'

export interface CgroupLimits {
  memoryBytes: number
  /** Threads count as well. */
  processes: number
}

/** What one hierarchy bounds: all of version 2, or one controller of version 1. */
export interface Hierarchy {
  /** The cgroup that ours are made in. */
  base: string
  /** The file of it by which a process joins it. */
  joins: 'tasks' | 'cgroup.procs'
  bounds: readonly ('memory' | 'processes')[]
  /** Files of a new cgroup and what is written to them; a missing optional one is passed over. */
  settings(limits: CgroupLimits): { file: string; value: string; isOptional?: boolean }[]
  /** A file and the key in it that counts how often the kernel refused what was more. */
  counts: readonly { bound: 'memory' | 'processes'; file: string; key: string }[]
}

/** What a cgroup is for; its name says it, and which process made it. */
export type CgroupUse = 'task' | 'box'

const NAME = /^ajar-(task|box)-(\d+)-([0-9a-f]+)$/
/** Of the digits behind the process: when that one started, so that its number is not taken for that of a later one. */
const START_DIGITS = 12
/** A cgroup is busy for a moment where its last process has just ended. */
const REMOVAL_WAITS_MS = [1, 2, 4, 8, 25, 100, 400, 1600]
/** Of 1 ms and more each: whoever starts processes as they are ended is ended too, once all of a round were there. */
const MOST_KILLS = 200
/** So often is tried to remove what nothing of ours is in, and that stays: there are those of another PID namespace. */
const MOST_REMOVALS = 10
const WEIGHTS = ['cpu.shares', 'cpu.weight']

/** Cgroups of one command, one in each hierarchy that may be had. */
export class Cgroup {
  readonly #folders: { folder: string; hierarchy: Hierarchy }[] = []

  /** @throws where the kernel does not let us; nothing is left then */
  constructor(hierarchies: readonly Hierarchy[], use: CgroupUse = 'task') {
    const start = (startOf(process.pid) ?? 0).toString(16).padStart(START_DIGITS, '0')
    const name = `ajar-${use}-${process.pid}-${start}${randomBytes(6).toString('hex')}`
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

  /**
   * Who has but one thread, and writes `0` to these, is in it. In version 1 that is told of the thread: to move a process the
   * kernel stops all others of the machine that begin or end, and waits for that, 5 to 20 ms.
   */
  get joins(): string[] {
    return this.#folders.map(({ folder, hierarchy }) => join(folder, hierarchy.joins))
  }

  /** Which bound the kernel had to enforce, or null. */
  get exceeded(): 'memory' | 'processes' | null {
    for (const { folder, hierarchy } of this.#folders)
      for (const { bound, file, key } of hierarchy.counts)
        if (new RegExp(`^${key} [1-9]`, 'm').test(read(join(folder, file)))) return bound
    return null
  }

  /** Whether it has a share of the processor of its own. */
  get isWeighted(): boolean {
    const files = this.#folders.flatMap(({ folder }) => WEIGHTS.map((name) => join(folder, name)))
    return files.some(existsSync)
  }

  /** The numbers of those that are in it. */
  get processes(): number[] {
    const lists = this.#folders.map(({ folder }) =>
      read(join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number),
    )
    return [...new Set(lists.flat())]
  }

  /** Ends all that is in it. @returns whether nothing is left */
  async kill(): Promise<boolean> {
    for (let round = 0; round < MOST_KILLS; round++) {
      if (!this.#folders.map(({ folder }) => killIn(folder)).some(Boolean)) return true
      await setTimeout(Math.min(25, 1 + round))
    }
    return false
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

/**
 * Removes those of processes that are gone, as after a kill -9. What is still in a task's stays, and so does that cgroup: its
 * keeper ends it. What is in a box's is ended.
 */
export function removeLeftOver(hierarchies: readonly Hierarchy[]): void {
  for (const folder of leftOver(hierarchies, 'task')) isRemoved(folder)
}

/** Ends what is in boxes of processes that are gone, and removes their cgroups. @returns how many there were */
export async function endLeftOverBoxes(hierarchies: readonly Hierarchy[]): Promise<number> {
  const left = new Set(leftOver(hierarchies, 'box'))
  const found = left.size
  for (let kills = 0, removals = 0; left.size > 0 && kills < MOST_KILLS && removals < MOST_REMOVALS; ) {
    let isKilling = false
    for (const folder of left)
      if (killIn(folder)) isKilling = true
      else if (isRemoved(folder)) left.delete(folder)
    if (isKilling) kills++
    else removals++
    if (left.size > 0) await setTimeout(Math.min(25, 1 + kills + removals))
  }
  return found
}

function leftOver(hierarchies: readonly Hierarchy[], use: CgroupUse): string[] {
  return hierarchies.flatMap(({ base }) =>
    readdirSync(base)
      .filter((name) => {
        const [, whose, pid, digits = ''] = NAME.exec(name) ?? []
        return whose === use && !isAlive(Number(pid), Number.parseInt(digits.slice(0, START_DIGITS), 16))
      })
      .map((name) => join(base, name)),
  )
}

/** @returns whether anything was in it. Those of another PID namespace are shown as 0, and are not ours to end. */
function killIn(folder: string): boolean {
  const pids = read(join(folder, 'cgroup.procs')).split('\n').map(Number).filter(Boolean)
  if (pids.length === 0) return false
  const all = join(folder, 'cgroup.kill')
  if (existsSync(all)) put(all, '1', true)
  else for (const pid of pids) killOne(pid)
  return true
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it ended
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

/** Whether the process that made a cgroup runs, and is no later one of its number. */
function isAlive(pid: number, start: number): boolean {
  const found = startOf(pid)
  return found !== null && found === start
}
