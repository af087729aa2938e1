import { readFileSync } from 'node:fs'

/** Signals that wait are memory of the kernel. */
const WAITING_SIGNALS = 1024
const SELF = '/proc/self/limits'

/**
 * Words before a command, for it and all that it starts to dump nothing, and to have few signals wait.
 *
 * Where dumps go to a program, which root starts outside of any box, the kernel heeds no limit of 0, but one of a byte
 * (core(5), fs/coredump.c). Who may have none at all can have no byte either, see `mayDump`.
 * @param limits as /proc/self/limits says them
 */
export function limiter(limits = readFileSync(SELF, 'utf8')): string[] {
  const signals = Math.min(WAITING_SIGNALS, most('Max pending signals', limits))
  const core = most('Max core file size', limits) > 0 ? ['--core=1:1'] : []
  return ['/usr/bin/prlimit', ...core, `--sigpending=${signals}:${signals}`, '--']
}

/** Whether a crash in a box starts a program of the kernel's outside of it. @param read a file of /proc */
export function mayDump(read = (path: string) => readFileSync(path, 'utf8')): boolean {
  return most('Max core file size', read(SELF)) === 0 && read('/proc/sys/kernel/core_pattern').startsWith('|')
}

/** The hard limit, which nobody but root raises. */
function most(name: string, limits: string): number {
  const line = limits.split('\n').find((one) => one.startsWith(name)) ?? ''
  const [, hard = ''] = line.slice(name.length).trim().split(/\s+/)
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}
