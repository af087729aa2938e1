import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { List, ResultBody } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import type { SaidBody, WholeDoorBody } from '../../api/door-bodies.ts'
import { useConsole } from '../../console.ts'
import { Moment } from '../../design/elements.tsx'
import { timeOfDay } from '../../design/words.ts'
import { capturedAt } from '../../live/camera.ts'
import { withAsked } from '../camera/asked-span.ts'
import { ChosenFrame } from '../camera/chosen-frame.ts'
import { History, ofDoor } from '../camera/history.ts'
import { HistorySection } from '../camera/history-section.tsx'
import { Transitions } from '../camera/transitions.tsx'
import type { Looks } from './looks.ts'
import { Seen } from './seen.tsx'

interface PastProps {
  door: WholeDoorBody
  looks: Looks
}

/** What its members see, now or at a moment that one chooses, and the door's history. */
export function Past({ door, looks }: PastProps) {
  const { live, router, notices } = useConsole()
  const { id, name, states, threshold } = door
  const chosen = useMemo(() => new ChosenFrame((error) => notices.failed(error)), [])
  const history = useMemo(
    () =>
      new History(ofDoor(name), router.query.peek(), (asked) => router.refine(withAsked(router.query.peek(), asked))),
    [],
  )
  useEffect(() => {
    history.start()
    const end = live.listen(({ kind, data }) => kind === 'transition' && data.camera === id && history.refresh())
    return () => {
      end()
      history.close()
      chosen.close()
    }
  }, [])
  const at = capturedAt(chosen.frame.value)
  const then = useThen(door, at)
  const asCamera = { id, device: 'doors', camera: name, states, threshold }
  return (
    <>
      <section class="card part" aria-labelledby="seen">
        <header class="page-head">
          <h2 id="seen">
            {at === null ? (
              'What they see now'
            ) : (
              <>
                What they saw at <Moment at={at}>{timeOfDay(at)}</Moment>
              </>
            )}
          </h2>
          {at !== null && (
            <button type="button" class="button" onClick={() => chosen.show(null)}>
              Back to now
            </button>
          )}
        </header>
        <div class="witnesses">
          {(at === null ? door.members : then).map((said) => (
            <Seen key={said.source} {...{ said, door, looks }} />
          ))}
        </div>
      </section>
      <HistorySection
        camera={asCamera}
        history={history}
        chosen={chosen}
        shot="moment"
        onPick={(moment) => void chosen.find((signal) => history.after(moment, signal))}
      />
      <Transitions camera={asCamera} history={history} chosen={chosen} hasPictures={false} />
    </>
  )
}

type Kept = Omit<SaidBody, 'at' | 'frame' | 'kind'> & { at: number | null }

/** What the members had said when the door's result of a moment was made; nothing until it is here. */
function useThen({ name, members }: WholeDoorBody, at: number | null): SaidBody[] {
  const { notices } = useConsole()
  const said = useSignal<SaidBody[]>([])
  useEffect(() => {
    said.value = []
    if (at === null) return
    const gone = new AbortController()
    const query = { from: at, to: at + 1, limit: 1 }
    const path = `/api/doors/${name}/results`
    get<List<ResultBody & { details: { members?: Kept[] } | null }>>(path, query, gone.signal).then(
      ({ items }) => {
        said.value = (items[0]?.details?.members ?? []).map((one) => ({
          ...one,
          kind: members.find(({ source }) => source === one.source)?.kind ?? null,
          frame: one.at === null ? null : `${one.source}/${one.at}`,
          at: one.at === null ? null : new Date(one.at).toISOString(),
        }))
      },
      (error) => {
        if (!gone.signal.aborted) notices.failed(error)
      },
    )
    return () => gone.abort()
  }, [at])
  return said.value
}
