import type { Instant } from '../../clock.ts'

/** A line went from one value to the other. */
export interface Edge {
  value: 0 | 1
  takenAt: Instant
}

/** An input line, whatever the kernel's interface to it. Values are logical: `activeLow` has turned them round already. */
export interface GpioLine {
  /** The value now. Rejects when there is none: an empty or failed read is never 0. */
  read(): Promise<0 | 1>
  /** Debounced edges since the line was opened, in order; ends after `close`, throws when the line is gone. For one reader. */
  edges: AsyncIterable<Edge>
  /** Gives the line back to the kernel; never rejects. */
  close(): Promise<void>
}

/** Which line, and how it is wired. */
export interface LineRequest {
  /** The line's name (`GPIO17`), or null where `offset` says which. */
  line: string | null
  /** The chip's label (`pinctrl-bcm2711`), or null: the chip that has the named line. */
  chip: string | null
  /** The line's place on its chip, or null: it is looked up by name. */
  offset: number | null
  bias: 'pull-up' | 'pull-down' | 'none'
  activeLow: boolean
  /** A change counts once it has lasted this long; 0 for every one. */
  debounceMs: number
}
