import type { Cell } from './cells.ts'

/** Numbers as numbers, other things as people order them; what is empty stands last either way. */
export function inOrderOf(rows: readonly Cell[][], column: number, isDown: boolean): Cell[][] {
  const keyOf = (row: Cell[]) => row[column]?.title?.split('\n').at(-1) ?? row[column]?.text ?? ''
  return rows.toSorted((one, other) => {
    const [a, b] = [keyOf(one), keyOf(other)]
    if (a === '' || b === '') return Number(a === '') - Number(b === '')
    const numbers = Number(a) - Number(b)
    const order = Number.isNaN(numbers) ? a.localeCompare(b, undefined, { numeric: true }) : numbers
    return isDown ? -order : order
  })
}
