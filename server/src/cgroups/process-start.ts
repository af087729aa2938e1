import { readFileSync } from 'node:fs'

/** When a process started, in ticks since the machine did: with its number this names it for good. Null: there is none. */
export function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // Behind the name, which may hold anything, the third field of proc_pid_stat(5) comes first.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? null : Number(fields[19])
  } catch {
    return null
  }
}
