import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second of /proc (getconf CLK_TCK): 100 on every Linux that Node runs on. */
const TICKS = 100

/** Seconds of processor time that a process took so far, in all its threads; 0 where it is gone (proc(5), utime and stime). */
export function processorSeconds(pid: number): number {
  const [user = 0, system = 0] = fields(pid).slice(11, 13).map(Number)
  return (user + system) / TICKS
}

/** The process and all its descendants. */
export function family(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc'))
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(fields(Number(name))[1] ?? 0))
  const members = [pid]
  for (const member of members) for (const [child, parent] of parents) if (parent === member) members.push(child)
  return members
}

/** What stands behind the name of the program in /proc/PID/stat; empty where the process is gone. */
function fields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
