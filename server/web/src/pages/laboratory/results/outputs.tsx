import { useState } from 'preact/hooks'
import type { OperationBody, OutputFile } from '../../../api/laboratory-bodies.ts'
import { Button } from '../../../design/elements.tsx'
import { amount, counted } from '../../../design/words.ts'
import { page } from '../../../page.tsx'
import { picturePath } from '../../../router/route.ts'
import { downloadsOf, isPicture, outputsOf, pathOf } from '../session/operations.ts'
import { Thumb } from '../thumb.tsx'
import './results.css'

// Most results are pictures: what draws the others comes with the first of them.
const TableFile = page(async () => (await import('./table-file.tsx')).TableFile)
const JsonFile = page(async () => (await import('./json-file.tsx')).JsonFile)
const Values = page(async () => (await import('./values.tsx')).Values)

/** An operation may make hundreds. */
const AT_ONCE = 3
const MORE = 20

interface OutputsProps {
  session: number
  operation: OperationBody
  /** Null where nothing can be computed of it. */
  onUse: ((file: OutputFile) => void) | null
}

/** What came of an operation: pictures, films, tables, values; all of it to be kept. */
export function Outputs({ session, operation, onUse }: OutputsProps) {
  const files = inOrder(outputsOf(operation))
  const values = operation.output?.output_data ?? null
  const [shown, setShown] = useState(AT_ONCE)
  const hasValues = values !== null && !(Array.isArray(values) && values.length === 0)
  const isNothing = files.length === 0 && !hasValues
  return (
    <div class="outputs">
      {isNothing && <p class="hint">Its files are not kept any more: run it again.</p>}
      {files.slice(0, shown).map((file) => (
        <Output key={`${file.type} ${file.basename}`} {...{ session, file, onUse }} />
      ))}
      {files.length > shown && (
        <Button kind="quiet" onClick={() => setShown(shown + MORE)}>
          Show {amount(Math.min(MORE, files.length - shown))} more of {counted(files.length, 'file')}
        </Button>
      )}
      {hasValues && (files.length === 0 ? <Values value={values} /> : <FoldedValues value={values} />)}
    </div>
  )
}

/** What is seen at a glance comes first, what is read row by row last. */
const ORDER: OutputFile['type'][] = ['video', 'image', 'fits', 'json', 'table']

function inOrder(files: OutputFile[]): OutputFile[] {
  return files.toSorted((one, other) => ORDER.indexOf(one.type) - ORDER.indexOf(other.type))
}

/** What stands in files already is drawn for who wants to see it. */
function FoldedValues({ value }: { value: unknown }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="folded-values" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>In values</summary>
      {isOpen && <Values value={value} />}
    </details>
  )
}

function Output({ session, file, onUse }: { session: number; file: OutputFile; onUse: OutputsProps['onUse'] }) {
  return (
    <div class={`output ${file.type}`}>
      {isPicture(file) && (
        <a href={picturePath(session, file)} aria-label={`Look into ${file.basename}`}>
          {file.type === 'image' ? <Whole file={file} /> : <Thumb entry={file} small={pathOf(file.small_url)} />}
        </a>
      )}
      {file.type === 'video' && <Film file={file} />}
      {file.type === 'table' && <TableFile file={file} />}
      {file.type === 'json' && <JsonFile file={file} />}
      <div class="output-acts">
        <code>{file.basename}</code>
        <span class="buttons">
          {isPicture(file) && (
            <a class="button" href={picturePath(session, file)}>
              Look into it
            </a>
          )}
          {isPicture(file) && onUse !== null && <Button onClick={() => onUse(file)}>Use as input</Button>}
        </span>
        <Downloads file={file} />
      </div>
    </div>
  )
}

/** A chart, a sheet or a picture to look at: whole, and as large as what is written in it needs to be read. */
function Whole({ file }: { file: OutputFile }) {
  const path = pathOf(file.large_url) ?? pathOf(file.small_url)
  return path === null ? null : <img class="whole" src={path} alt="" loading="lazy" decoding="async" />
}

/** The forms of a file, to be kept. */
export function Downloads({ file }: { file: OutputFile }) {
  return (
    <p class="downloads-of-file">
      Download{' '}
      {downloadsOf(file).map(({ name, path }) => (
        <a key={name} href={path} download aria-label={`${file.basename} as ${name}`}>
          {name}
        </a>
      ))}
    </p>
  )
}

function Film({ file }: { file: OutputFile }) {
  const path = pathOf(file.video_url)
  if (path === null) return null
  return (
    // biome-ignore lint/a11y/useMediaCaption: nobody speaks in it
    <video
      class="film"
      src={path}
      poster={pathOf(file.small_url) ?? undefined}
      controls
      preload="metadata"
      aria-label={`Film ${file.basename}`}
    />
  )
}
