import type { Cell } from '../../datasessions/operation.ts'
import type { Column } from './table.ts'

/** What a task came to, as it stands in the answer (`output_data`, the `result` of a run): one entry, by what was written. */
export type TaskData =
  | { kind: 'json'; value: unknown }
  /** It is too long to stand here: it is in the file. */
  | { kind: 'json'; value: null; omitted: true; bytes: number }
  /** The first `rows` of `count`. */
  | { kind: 'table'; columns: Column[]; rows: Cell[][]; count: number }
  /** In pixels. */
  | { kind: 'image'; width: number; height: number }
