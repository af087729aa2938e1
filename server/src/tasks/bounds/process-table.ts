import { readdirSync, readFileSync } from 'node:fs'

/** One process of this machine, as /proc tells of it (proc_pid_stat(5)). */
export interface Process {
  pid: number
  parent: number
  session: number
  threads: number
  /** Clock ticks from the boot: with its number it is told from a later one of the same number. */
  startedAt: number
  residentBytes: number
  /** It has ended, and its parent has not been told yet. */
  isDead: boolean
}

export type ProcessTable = Map<number, Process>

/** Fields of /proc/PID/stat after the name, which stands in brackets and may hold anything. */
const FIELD = { state: 0, parent: 1, session: 3, threads: 17, startedAt: 19, resident: 21 } as const
const AT_PAGESZ = 6n
const PAGE_BYTES = pageBytes()

let threads: number | undefined

/** All processes that can be seen from here. Takes some 10 microseconds for each. */
export function readProcesses(): ProcessTable {
  const table: ProcessTable = new Map()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const process = readProcess(pid)
    if (process) table.set(pid, process)
  }
  threads = countThreads(table)
  return table
}

/** Of all processes that can be seen from here, when they were last read. */
export function threadsThen(): number {
  threads ??= countThreads(readProcesses())
  return threads
}

function countThreads(table: ProcessTable): number {
  return [...table.values()].reduce((sum, each) => sum + each.threads, 0)
}

/** Null where there is none of that number. */
function readProcess(pid: number): Process | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null // it ended since
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[FIELD.state] ?? ''
  return {
    pid,
    parent: Number(fields[FIELD.parent]),
    session: Number(fields[FIELD.session]),
    threads: Number(fields[FIELD.threads]),
    startedAt: Number(fields[FIELD.startedAt]),
    residentBytes: Number(fields[FIELD.resident]) * PAGE_BYTES,
    isDead: state === 'Z' || state === 'X',
  }
}

/** Those that `ancestor` started, and they again; without itself. */
export function descendantsOf(table: ProcessTable, ancestor: number): Process[] {
  const children = new Map<number, Process[]>()
  for (const process of table.values()) {
    const siblings = children.get(process.parent)
    if (siblings) siblings.push(process)
    else children.set(process.parent, [process])
  }
  const found: Process[] = []
  const open = [ancestor]
  const seen = new Set(open)
  for (let pid = open.pop(); pid !== undefined; pid = open.pop())
    for (const child of children.get(pid) ?? []) {
      if (seen.has(child.pid)) continue // the table is not read at one instant
      seen.add(child.pid)
      found.push(child)
      open.push(child.pid)
    }
  return found
}

/**
 * Memory of a process that nobody can take from it: each page that more share is counted for a part. Its resident size where
 * the kernel does not tell.
 */
export function ownBytes(process: Process): number {
  let text: string
  try {
    text = readFileSync(`/proc/${process.pid}/smaps_rollup`, 'latin1')
  } catch {
    return process.residentBytes
  }
  const kB = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN)
  const own = kB('Pss_Anon') + kB('Pss_Shmem') // from Linux 5.9 on
  const bytes = (Number.isNaN(own) ? kB('Pss') : own) * 1024
  return Number.isNaN(bytes) ? process.residentBytes : bytes
}

/** From the auxiliary vector that the kernel gave us: 4 kB, on a Raspberry Pi 5 16 kB. */
function pageBytes(): number {
  try {
    const vector = readFileSync('/proc/self/auxv')
    for (let at = 0; at + 16 <= vector.length; at += 16)
      if (vector.readBigUInt64LE(at) === AT_PAGESZ) return Number(vector.readBigUInt64LE(at + 8))
  } catch {
    // as most have it
  }
  return 4096
}
