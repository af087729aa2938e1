import { useState } from 'preact/hooks'
import { queryText } from '../../../api/client.ts'
import type { ArchiveFrame, NamedEntry, Page } from '../../../api/laboratory-bodies.ts'
import { Button, Field, Loading } from '../../../design/elements.tsx'
import { counted } from '../../../design/words.ts'
import { useAnswer } from '../../../use-answer.ts'
import { frameOf, keyOf } from '../entries.ts'
import { faultsOf } from '../faults.ts'
import { TilePicker } from '../picker.tsx'
import { pathOf } from '../session/operations.ts'
import type { AddingProps } from './adding.ts'

const A_PAGE = 24

/** FITS files that lie in the archive's folder of the server, one by one. */
export function AddFits({ isKnown, isOne = false, onAdd }: AddingProps) {
  const [name, setName] = useState('')
  const [offset, setOffset] = useState(0)
  const [chosen, setChosen] = useState<NamedEntry[]>([])
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string | null>(null)
  const query = { kind: 'fits', include_thumbnails: true, basename: name || undefined, limit: A_PAGE, offset }
  const answered = useAnswer<Page<ArchiveFrame>>(`/archive/frames/${queryText(query)}`)
  const page = answered.body.value
  const files = (page?.results ?? []).map(pictureOf).filter(({ entry }) => frameOf(entry) === null)
  const placeOf = (entry: NamedEntry) => chosen.findIndex((one) => keyOf(one) === keyOf(entry))
  const add = async () => {
    setBusy(true)
    setFault(null)
    try {
      await onAdd(chosen)
    } catch (error) {
      setFault(faultsOf(error, []).rest)
      setBusy(false)
    }
  }
  return (
    <>
      <Field label="Part of the name" hint="FITS files of the folder that AJAR_ARCHIVE_DIR names.">
        {(ids) => (
          <input
            {...ids}
            type="search"
            value={name}
            onInput={({ currentTarget }) => {
              setName(currentTarget.value.trim())
              setOffset(0)
            }}
          />
        )}
      </Field>
      {page === null && answered.fault.value === null && <Loading what="FITS files" />}
      {page === null && answered.fault.value !== null && (
        <p class="hint wrong" role="alert">
          {(answered.fault.value as Error).message}
        </p>
      )}
      {page !== null && files.length === 0 && (
        <p class="hint">
          {name === ''
            ? 'There is none: set AJAR_ARCHIVE_DIR to a folder that holds some, or upload one.'
            : 'No such file.'}
        </p>
      )}
      <TilePicker
        label="FITS files"
        pictures={files.filter(({ entry }) => !isKnown(entry))}
        placeOf={placeOf}
        onToggle={(entry) => {
          const place = placeOf(entry)
          setChosen(place >= 0 ? chosen.toSpliced(place, 1) : [...(isOne ? [] : chosen), entry])
        }}
      />
      {page !== null && page.count > A_PAGE && (
        <div class="buttons">
          <Button disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - A_PAGE))}>
            Those before
          </Button>
          <Button disabled={page.next === null} onClick={() => setOffset(offset + A_PAGE)}>
            Those after
          </Button>
        </div>
      )}
      {fault !== null && (
        <p class="hint wrong" role="alert">
          {fault}
        </p>
      )}
      <Button kind="main" busy={busy} disabled={chosen.length === 0} onClick={() => void add()}>
        {chosen.length === 0 ? 'Add files' : `Add ${counted(chosen.length, 'file')}`}
      </Button>
    </>
  )
}

function pictureOf({ basename, thumbnails }: ArchiveFrame) {
  const small = pathOf((thumbnails?.find(({ size }) => size === 'small') ?? thumbnails?.[0])?.url)
  return { entry: { type: 'fits', source: 'archive', basename }, small, made: null }
}
