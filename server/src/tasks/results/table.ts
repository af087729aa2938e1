import type { Cell } from '../../datasessions/operation.ts'

/** A column of a table, whatever file it came from. */
export interface Column {
  name: string
  /** What its cells are, where they are not null; absent where that is not known. */
  type?: 'number' | 'text' | 'boolean'
  unit?: string
  description?: string
}

/**
 * A row, a cell for each column. A number that no double holds exactly, and an infinite one, stays as it was written, as text,
 * in a column of numbers too.
 */
export type Row = Cell[]

/** A table that a task wrote: its rows are read as they are asked for, as often as they are. */
export interface TableResult {
  kind: 'table'
  format: 'csv' | 'ipac' | 'votable'
  columns: Column[]
  /** @throws TaskError `bad_result` where what follows cannot be read */
  rows(): AsyncGenerator<Row, undefined>
}
