import { amount } from '../../../design/words.ts'
import { page } from '../../../page.tsx'
import { cellOf, isUsual, wordsFor } from './cells.ts'
import { DataTable } from './data-table.tsx'
import { shapeOf } from './shape.ts'

const Chart = page(async () => (await import('./chart.tsx')).Chart)

const MOST_ROWS = 200
const DEEPEST = 4
/** Parts that are neither a line nor a row of a table. */
const MOST_PARTS = 12
/** Numbers that are read in one line. */
const SHORT = 4

/** Values as what they look like: numbers in a row as a line, things of one kind as a table, the rest by name. */
export function Values({ value, name = 'Values', depth = 0 }: { value: unknown; name?: string; depth?: number }) {
  const shape = shapeOf(value)
  const title = wordsFor(name)
  switch (shape.as) {
    case 'nothing':
      return null
    case 'fact':
      return <p>{cellOf(shape.text).text}</p>
    case 'line':
      return <Chart label={title} x={shape.x} lines={shape.lines} />
    case 'table':
      return (
        <DataTable
          label={title}
          columns={shape.columns}
          rows={shape.rows.slice(0, MOST_ROWS)}
          isCut={shape.rows.length > MOST_ROWS}
        />
      )
    case 'parts': {
      const short = shape.parts.flatMap(([label, part]): [string, string][] => {
        const text = inALine(part)
        return text === null ? [] : [[label, text]]
      })
      const parts = shape.parts.filter(([, part]) => inALine(part) === null)
      const facts = [...shape.facts.filter(([label, text]) => !isUsual(label, text)), ...short]
      return (
        <div class="values">
          {facts.length > 0 && (
            <dl class="facts">
              {facts.map(([label, text]) => (
                <>
                  <dt key={`${label} name`}>{wordsFor(label)}</dt>
                  <dd key={label} title={cellOf(text).title}>
                    {cellOf(text).text}
                  </dd>
                </>
              ))}
            </dl>
          )}
          {depth < DEEPEST &&
            parts.slice(0, MOST_PARTS).map(([label, part]) => (
              <figure key={label}>
                <figcaption>{wordsFor(label)}</figcaption>
                <Values value={part} name={label} depth={depth + 1} />
              </figure>
            ))}
          {parts.length > MOST_PARTS && <p class="hint">and {amount(parts.length - MOST_PARTS)} more</p>}
        </div>
      )
    }
  }
}

/** A place, a size or a span: few numbers that belong together. Null where it is more than that. */
function inALine(value: unknown): string | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const entries = Object.entries(value)
  if (entries.length > SHORT || entries.some(([, one]) => typeof one !== 'number')) return null
  return entries.map(([name, one]) => `${wordsFor(name)} ${cellOf(String(one)).text}`).join(', ')
}
