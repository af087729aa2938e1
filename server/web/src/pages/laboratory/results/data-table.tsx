import { useState } from 'preact/hooks'
import { amount } from '../../../design/words.ts'
import { forPeople } from './cells.ts'
import { inOrderOf } from './row-order.ts'

interface DataTableProps {
  label: string
  columns: string[]
  rows: string[][]
  /** There is more in the file. */
  isCut?: boolean
}

/** Rows and columns, in a window of their own where they are many; a click on the name of a column orders them by it. */
export function DataTable({ label, columns, rows, isCut = false }: DataTableProps) {
  const told = forPeople(columns, rows)
  const [{ by, isDown }, setOrder] = useState({ by: -1, isDown: false })
  const isNumeric = told.columns.map(
    (_, column) => rows.length > 0 && told.rows.every((row) => isNumber(row[column]?.text ?? '')),
  )
  const shown = by < 0 ? told.rows : inOrderOf(told.rows, by, isDown)
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys */}
      <section class="data-table" aria-label={label} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {told.columns.map((name, column) => (
                <th
                  key={column}
                  scope="col"
                  class={isNumeric[column] ? 'number' : undefined}
                  aria-sort={by !== column ? undefined : isDown ? 'descending' : 'ascending'}
                >
                  <button type="button" onClick={() => setOrder({ by: column, isDown: by === column && !isDown })}>
                    {name || '–'}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <tr key={index}>
                {row.map(({ text, title }, column) => (
                  <td key={column} class={isNumeric[column] ? 'number' : undefined} title={title}>
                    {text}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {isCut && <p class="hint">The first {amount(rows.length)} rows; all are in the file.</p>}
    </>
  )
}

const isNumber = (text: string) => text === '' || Number.isFinite(Number(text))
