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
