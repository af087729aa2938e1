import type { OutputFile } from '../../../api/laboratory-bodies.ts'
import { Loading } from '../../../design/elements.tsx'
import { pathOf } from '../session/operations.ts'
import { rowsOf } from './csv.ts'
import { DataTable } from './data-table.tsx'
import { useText } from './use-text.ts'

const MOST_ROWS = 500

/** A table that an operation made, as far as one reads it here. */
export function TableFile({ file }: { file: OutputFile }) {
  const { text, isCut, fault } = useText(pathOf(file.csv_url))
  if (fault !== null) return <p class="hint wrong">{fault}</p>
  if (text === null) return <Loading what="table" />
  const [head = [], ...rows] = rowsOf(text, MOST_ROWS + 2)
  // The sensor may be without a fault, the door may never have been opened: an empty table is a result.
  if (rows.length === 0) return <p class="hint">The table has no rows: nothing of this kind was found.</p>
  return (
    <DataTable
      label={`Table ${file.basename}`}
      columns={head}
      rows={rows.slice(0, MOST_ROWS)}
      isCut={isCut || rows.length > MOST_ROWS}
    />
  )
}
