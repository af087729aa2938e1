import { readdirSync, readFileSync } from 'node:fs'

/** Processes that have a text among their arguments, but not the other one. */
export function leftOf(mark: string, without: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => argumentsOf(pid).includes(mark) && !argumentsOf(pid).includes(without))
}

function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it ended
  }
}
