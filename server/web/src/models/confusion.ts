import type { Evaluation, JudgedFrame } from '../api/model-bodies.ts'

/** A field of the table: frames of one label, and what the model said of them. */
export interface Cell {
  truth: string
  said: string
  count: number
  kind: 'right' | 'wrong' | 'none'
  /** Of the frames of this label, 0..1 */
  share: number
}

export interface Row {
  truth: string
  frames: number
  cells: Cell[]
}

export function rowsOf({ states, confusion }: Pick<Evaluation, 'states' | 'confusion'>): Row[] {
  return states.map((truth, row) => {
    const counts = states.map((_, column) => confusion[row]?.[column] ?? 0)
    const frames = counts.reduce((sum, count) => sum + count, 0)
    const cells = states.map((said, column) => {
      const count = counts[column] ?? 0
      const kind = row === column ? 'right' : count > 0 ? 'wrong' : 'none'
      return { truth, said, count, kind, share: frames === 0 ? 0 : count / frames } as const
    })
    return { truth, frames, cells }
  })
}

/** Frames that a model got wrong: all of them, or those of one field. */
export function wrongOf({ wrong }: Pick<Evaluation, 'wrong'>, field: Partial<Pick<Cell, 'truth' | 'said'>>) {
  return wrong.filter(
    ({ truth, said }: JudgedFrame) => (field.truth ?? truth) === truth && (field.said ?? said) === said,
  )
}
