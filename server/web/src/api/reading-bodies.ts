import type { StateBody } from './bodies.ts'

/** What a sensor says: a number, a text, or a list of numbers such as a spectrum. */
export type ReadingValue = number | string | number[]

export interface ReadingBody {
  device: string
  sensor: string
  at: string
  value: ReadingValue
  /** What its numbers are in; null where they have none, or nobody knows. */
  unit: string | null
}

/** A sensor with its newest reading. */
export interface SensorBody extends ReadingBody {
  /** What reads it: `gpio`, `cpu-temperature`, ... */
  driver: string | null
  /** Why it cannot be read now. */
  fault: string | null
  /** Where it has states; absent or null where it has none. */
  source?: { states: string[]; model: string | null; state: StateBody; staleAfterMs: number } | null
}
