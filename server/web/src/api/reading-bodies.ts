import type { StateBody } from './bodies.ts'
import type { SensorSettings } from './sensor-bodies.ts'

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
export interface SensorBody extends Omit<ReadingBody, 'at' | 'value'>, Partial<SensorSettings> {
  /** Null before the first reading of one that was set up. */
  at: string | null
  value: ReadingValue | null
  /** What reads it: `gpio`, `cpu-temperature`, ... */
  driver: string | null
  /** Why it cannot be read now. */
  fault: string | null
  /** Whether it has states. */
  setUp?: boolean
  model?: string | null
  /** The sensor whose model it is asked with; null: its own. */
  follows?: string | null
  state?: StateBody | null
}
