import { constants } from 'node:os'
import type { Exceeded } from '../bounds/bounded.ts'

/** What a task may declare. */
export const MOST_BYTES = 1 << 20
/** What is done at the top of a file is little; but libraries are loaded there, and those of numbers start threads. */
export const LIMITS = { memoryBytes: 700e6, processes: 64, outputBytes: 16e6 }
const SIGNALS = 128

/** The code of a `LoadTimeout`, which says in another process as well what it was. */
export const TIMEOUT = 'load_timeout'

/** It took longer than it may: what is tried again at once takes as long. */
export class LoadTimeout extends Error {
  readonly code = TIMEOUT
}

export function wordsOf({ bound, limit }: Exceeded): string {
  const words: Record<Exceeded['bound'], string> = {
    time: `It took more than ${limit / 1000} s to load.`,
    memory: `It took more than ${limit / 1e6} MB of memory to load: what a call needs belongs into its function.`,
    processes: `It had more than ${limit} processes and threads while it was loaded.`,
    output: `It wrote more than ${limit / 1e6} MB while it was loaded.`,
    printed: `It printed more than ${limit / 1e6} MB while it was loaded.`,
    files: `It wrote more than ${limit} files while it was loaded.`,
  }
  return words[bound]
}

export function ended(code: number | null, errors: string): Error {
  const last = errors.trim().split('\n').at(-1)
  const name = Object.entries(constants.signals).find(([, number]) => number === (code ?? 0) - SIGNALS)?.[0]
  return new Error(`It ended while it was loaded (${name ?? `exit ${code}`})${last ? `: ${last}` : '.'}`)
}
