import { useEffect, useState } from 'preact/hooks'
import type { FrameBody, List } from '../../../api/bodies.ts'
import { get } from '../../../api/client.ts'
import type { FrameQuery, NamedEntry } from '../../../api/laboratory-bodies.ts'
import { Button, Loading } from '../../../design/elements.tsx'
import { counted } from '../../../design/words.ts'
import type { AddingProps } from '../../laboratory/add/adding.ts'
import { SpanFields } from '../../laboratory/add/span-fields.tsx'
import { entryOfFrame, keyOf } from '../../laboratory/entries.ts'
import { TilePicker } from '../../laboratory/picker.tsx'

const A_PAGE = 24
const SETTLE_MS = 250

interface Found {
  frames: NamedEntry[]
  next: string | null
}

/** Frames of the archive, one by one. */
export function PickFrames({ isOne = false, onAdd }: AddingProps) {
  const [query, setQuery] = useState<FrameQuery | null>(null)
  const [found, setFound] = useState<Found | null>(null)
  const [chosen, setChosen] = useState<NamedEntry[]>([])
  const [fault, setFault] = useState<string | null>(null)
  const [isAsking, setAsking] = useState(false)
  const load = async (before: Found | null, signal?: AbortSignal) => {
    setAsking(true)
    setFault(null)
    try {
      const asked = { ...query, order: 'newest', limit: A_PAGE, cursor: before?.next ?? undefined }
      const { items, next } = await get<List<FrameBody>>('/api/frames', asked, signal)
      const kept = items.filter(({ pruned, outcome }) => pruned !== true && outcome !== 'refused')
      setFound({ frames: [...(before?.frames ?? []), ...kept.map(({ id }) => entryOfFrame(id))], next })
    } catch (error) {
      if (signal?.aborted) return
      setFault((error as Error).message)
    }
    setAsking(false)
  }
  useEffect(() => {
    if (query === null) return
    setFound(null)
    const ending = new AbortController()
    const settling = setTimeout(() => void load(null, ending.signal), SETTLE_MS)
    return () => {
      clearTimeout(settling)
      ending.abort()
    }
  }, [JSON.stringify(query)])
  const placeOf = (entry: NamedEntry) => chosen.findIndex((one) => keyOf(one) === keyOf(entry))
  return (
    <>
      <SpanFields query={query} onChange={setQuery} />
      {found === null && fault === null && query !== null && <Loading what="frames" />}
      {found?.frames.length === 0 && <p class="hint">There is none: choose a longer span or another state.</p>}
      {found !== null && (
        <TilePicker
          label="Frames"
          pictures={found.frames.map((entry) => ({ entry, small: null, made: null }))}
          placeOf={placeOf}
          isOrdered={!isOne}
          onToggle={(entry) => {
            const place = placeOf(entry)
            setChosen(place >= 0 ? chosen.toSpliced(place, 1) : [...(isOne ? [] : chosen), entry])
          }}
        />
      )}
      {found?.next != null && (
        <Button kind="quiet" busy={isAsking} onClick={() => void load(found)}>
          Show older ones
        </Button>
      )}
      {fault !== null && (
        <p class="hint wrong" role="alert">
          {fault}
        </p>
      )}
      <Button kind="main" disabled={chosen.length === 0} onClick={() => void onAdd(chosen)}>
        {chosen.length === 0 ? (isOne ? 'Take it' : 'Take them') : `Take ${counted(chosen.length, 'frame')}`}
      </Button>
    </>
  )
}
