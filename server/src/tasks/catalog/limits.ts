import type { Limits } from '../task.ts'

const UNITS: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }
const LEAST_BYTES = 1e6
const MOST_SECONDS = 3000
const MOST_PROCESSES = 10_000

/**
 * What a task says of its limits: `{seconds, memory: "500MB", output: "1GB", processes}`, each of which may be left out.
 * @throws Error that says what is wrong with it
 */
export function limitsOf(said: unknown, others: Limits): Limits {
  if (said === null || said === undefined) return others
  if (typeof said !== 'object' || Array.isArray(said)) throw new Error('limits have to be an object.')
  const { seconds, memory, output, processes, ...unknown } = said as Record<string, unknown>
  const [key] = Object.keys(unknown)
  if (key !== undefined)
    throw new Error(`limits has ${key}, which is none of them: seconds, memory, output and processes are.`)
  return {
    ms: seconds === undefined ? others.ms : number('seconds', seconds, 0.1, MOST_SECONDS) * 1000,
    memoryBytes: memory === undefined ? others.memoryBytes : bytes('memory', memory),
    outputBytes: output === undefined ? others.outputBytes : bytes('output', output),
    processes:
      processes === undefined ? others.processes : Math.floor(number('processes', processes, 1, MOST_PROCESSES)),
  }
}

/** No more than that of any: who is not trusted may ask for less. */
export function within(limits: Limits, most: Limits): Limits {
  return {
    ms: Math.min(limits.ms, most.ms),
    memoryBytes: Math.min(limits.memoryBytes, most.memoryBytes),
    outputBytes: Math.min(limits.outputBytes, most.outputBytes),
    processes: Math.min(limits.processes, most.processes),
  }
}

function number(key: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw new Error(`limits.${key} has to be a number from ${least} to ${most}.`)
}

function bytes(key: string, value: unknown): number {
  const [, digits = '', unit = 'B'] = /^(\d+(?:\.\d+)?) ?([kMGT]?B)?$/i.exec(String(value)) ?? []
  const amount = digits === '' ? Number.NaN : Math.round(Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN))
  if (amount >= LEAST_BYTES && Number.isSafeInteger(amount)) return amount
  throw new Error(`limits.${key} has to be an amount such as "500MB" or "2GB", at least 1MB.`)
}
