import { useState } from 'preact/hooks'
import type { FrameQuery } from '../../../api/laboratory-bodies.ts'
import { Button } from '../../../design/elements.tsx'
import { counted } from '../../../design/words.ts'
import { entryOfFrame, keyOf } from '../entries.ts'
import { faultsOf } from '../faults.ts'
import { PictureTile } from '../picker.tsx'
import type { AddingProps } from './adding.ts'
import { SpanFields } from './span-fields.tsx'
import { countInWords, isTooMany, useFrameCount } from './use-frame-count.ts'

/** Frames of the archive by camera and span; how many is told before any is added. */
export function AddFrames({ onAdd }: AddingProps) {
  const [query, setQuery] = useState<FrameQuery | null>(null)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string | null>(null)
  const count = useFrameCount(query)
  const add = async () => {
    if (query === null || count === null) return
    setBusy(true)
    setFault(null)
    try {
      await onAdd([{ type: 'image', source: 'archive', query }])
    } catch (error) {
      setFault(faultsOf(error, []).rest)
      setBusy(false)
    }
  }
  const canAdd = count?.isWhole === true && count.count > 0 && !isTooMany(count)
  return (
    <>
      <SpanFields query={query} onChange={setQuery} />
      <p class="hint" role="status">
        {query === null ? '' : countInWords(count, 'Those that the session holds already are not added again.')}
      </p>
      {count !== null && count.first.length > 0 && (
        <ul class="tiles" aria-label="The newest of them">
          {count.first.map(entryOfFrame).map((entry) => (
            <li key={keyOf(entry)}>
              <PictureTile entry={entry} />
            </li>
          ))}
        </ul>
      )}
      {fault !== null && (
        <p class="hint wrong" role="alert">
          {fault}
        </p>
      )}
      <Button kind="main" busy={busy} disabled={!canAdd} onClick={() => void add()}>
        {canAdd ? `Add ${counted(count.count, 'frame')}` : 'Add frames'}
      </Button>
    </>
  )
}
