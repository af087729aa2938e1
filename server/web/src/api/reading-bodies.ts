import type { SensorSource } from './sensor-bodies.ts'

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

/** A sensor with its newest reading, and what is set of one that has states. */
export interface SensorBody extends Omit<ReadingBody, 'at' | 'value'> {
  /** Null before the first reading of one that was set up. */
  at: string | null
  value: ReadingValue | null
  /** What reads it: `gpio`, `cpu-temperature`, ... */
  driver: string | null
  /** Why it cannot be read now. */
  fault: string | null
  /** Null where it has no states; absent where only readings are known of it. */
  source?: SensorSource | null
}
