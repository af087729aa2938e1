import type { OutputFile } from '../../../api/laboratory-bodies.ts'
import type { TaskResult, TaskRunBody } from '../../../api/task-bodies.ts'
import { page } from '../../../page.tsx'
import { Downloads } from '../../laboratory/results/outputs.tsx'
import { isPicture, pathOf } from '../../laboratory/session/operations.ts'

const Values = page(async () => (await import('../../laboratory/results/values.tsx')).Values)
const JsonFile = page(async () => (await import('../../laboratory/results/json-file.tsx')).JsonFile)
const DataTable = page(async () => (await import('../../laboratory/results/data-table.tsx')).DataTable)
const Study = page(async () => (await import('../../laboratory/picture/study.tsx')).Study)

/** What came of a run: a picture to look into, a table, or values; all of it to be kept. */
export function RunResult({ run: { result, files: made, error } }: { run: TaskRunBody }) {
  const files = made.map((file): OutputFile => ({ ...file, source: 'datalab' }))
  const picture = files.find(isPicture)
  const long = result?.kind === 'json' && result.omitted ? files.find(({ type }) => type === 'json') : undefined
  return (
    <div class="outputs">
      {files.length === 0 && <p class="hint">{error?.message ?? 'Its files are not kept any more: run it again.'}</p>}
      {result?.kind === 'json' && !result.omitted && <Json value={result.value} />}
      {long && <JsonFile file={long} />}
      {result?.kind === 'table' && <Table table={result} />}
      {picture && <Study key={picture.basename} picture={picture} plain={pathOf(picture.large_url)} />}
      {files.map((file) => (
        <Kept key={`${file.type} ${file.basename}`} file={file} />
      ))}
    </div>
  )
}

/** As what it looks like, and as it was written. */
function Json({ value }: { value: unknown }) {
  const text = JSON.stringify(value, null, 2)
  const isPlain = value === null || typeof value !== 'object'
  return (
    <>
      {isPlain ? <p>{text}</p> : <Values value={value} />}
      {!isPlain && (
        <details class="folded-values">
          <summary>As JSON</summary>
          <pre class="line-to-copy">{text}</pre>
        </details>
      )}
    </>
  )
}

function Table({ table: { columns, rows, count } }: { table: Extract<TaskResult, { kind: 'table' }> }) {
  if (count === 0) return <p class="hint">The table has no rows.</p>
  return (
    <DataTable
      label="Table"
      columns={columns.map(({ name, unit }) => (unit ? `${name} (${unit})` : name))}
      rows={rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))))}
      isCut={count > rows.length}
    />
  )
}

function Kept({ file }: { file: OutputFile }) {
  return (
    <div class="output-acts">
      <code>{file.basename}</code>
      <Downloads file={file} />
    </div>
  )
}
