import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CameraBody, FrameBody } from '../../api/bodies.ts'
import type { TrainingResult } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { useLatestJob } from '../../jobs/use-latest-job.ts'
import { reviewOf } from '../../router/review.ts'
import { doubtfulFrames, framesNamed, framesOf } from './calls.ts'
import { onDeskKey } from './desk-keys.ts'
import { FrameGrid } from './frame-grid.tsx'
import { ImportPanel } from './import-panel.tsx'
import { keysOf } from './keys.ts'
import { LabelButtons } from './label-buttons.tsx'
import { isMark } from './marks.ts'
import { NewerFrames } from './newer-frames.tsx'
import { Preview } from './preview.tsx'
import type { Needed } from './readiness.ts'
import { ReviewBar } from './review-bar.tsx'
import type { Sheet } from './sheet.ts'
import { type Order, ordered, queryOf, sourceOf } from './source.ts'
import { SourceBar } from './source-bar.tsx'
import { TrainPanel } from './train-panel.tsx'
import { useSuspects } from './use-suspects.ts'

interface DeskProps {
  camera: CameraBody
  sheet: Sheet
  needed: Needed
  /** Labelled frames of other cameras that it learns from too, by state. */
  borrowed: Record<string, number>
  /** Told when there is a new model, or new labels. */
  onChanged(): void
  /** What else one may begin with, under the rest. */
  children?: ComponentChildren
}

/** The picture, its states, and the frames that wait: those that the address names. */
export function Desk({ camera, sheet, needed, borrowed, onChanged, children }: DeskProps) {
  const { router } = useConsole()
  // The order stays under the hands of who trains the first model.
  const [usual] = useState<Order>(() => (camera.model === null ? 'newest' : 'useful'))
  const query = router.query.value
  const source = useMemo(() => sourceOf(query, usual), [query])
  const review = useMemo(() => reviewOf(query), [query])
  // A state that was removed labels nothing any more.
  useEffect(() => {
    const { label } = source
    if (review || label === null || label === 'none' || isMark(label) || camera.states.includes(label)) return
    router.refine(queryOf(ordered({ ...source, label: 'none' }), usual))
  }, [camera.states, source, review])
  const keys = useMemo(() => keysOf(camera.states), [camera.states])
  const lesson = useLatestJob<TrainingResult>(camera.id, 'training', onChanged)
  const suspects = useSuspects(camera, sheet)
  const last = lesson.job.value
  // One that runs says nothing yet: a model says that there was another one.
  const isJudged = last !== null && (last.result !== null || camera.model !== null)
  const { next, loading, load } = useFrames(camera.id, sheet, usual)
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => onDeskKey(event, sheet, keys)
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [sheet, keys])
  const loadFirst = () => void load(null)

  return (
    <div class="desk">
      <div class="hand">
        <Preview sheet={sheet} states={camera.states} />
        <LabelButtons
          sheet={sheet}
          keys={keys}
          states={camera.states}
          borrowed={borrowed}
          good={isJudged ? null : needed.good}
        />
        <TrainPanel
          lesson={lesson}
          sheet={sheet}
          camera={camera}
          needed={needed}
          borrowed={borrowed}
          isJudged={isJudged}
          suspects={suspects}
          onActivated={onChanged}
        />
        <ImportPanel
          camera={camera}
          hasLabels={Object.values(sheet.counts.value).some((count) => count > 0)}
          onImported={() => {
            onChanged()
            loadFirst()
          }}
        />
        {children}
      </div>
      <section class="waiting" aria-label="Frames">
        {review ? (
          <ReviewBar review={review} camera={camera} count={loading ? null : sheet.frames.value.length} />
        ) : (
          <>
            <SourceBar
              source={source}
              states={camera.states}
              hasModel={camera.model !== null}
              onChange={(other) => router.refine(queryOf(other, usual))}
              onReload={loadFirst}
            />
            <NewerFrames camera={camera.id} source={source} sheet={sheet} onShow={loadFirst} />
          </>
        )}
        <FrameGrid
          sheet={sheet}
          states={camera.states}
          source={review ? null : source}
          loading={loading}
          onMore={next === null ? null : () => void load(next)}
        />
      </section>
    </div>
  )
}

/** Lays out what the address names: frames of a source page by page, or those of a review. */
function useFrames(camera: string, sheet: Sheet, usual: Order) {
  const { router, notices } = useConsole()
  const query = router.query.value
  const [next, setNext] = useState<string | null>(null)
  const [loading, setLoading] = useState(true)
  // What was asked for last is laid out, whatever is answered last.
  const asked = useRef(0)
  const ask = async (): Promise<{ items: FrameBody[]; next: string | null }> => {
    const review = reviewOf(query)
    if (!review) return framesOf(camera, sourceOf(query, usual), null)
    return { items: await framesNamed(await doubtfulFrames(camera, review)), next: null }
  }
  const load = async (cursor: string | null) => {
    asked.current += 1
    const mine = asked.current
    setLoading(true)
    try {
      const answer = await (cursor === null ? ask() : framesOf(camera, sourceOf(query, usual), cursor))
      if (mine !== asked.current) return
      if (cursor === null) lay(sheet, answer.items, query)
      else sheet.append(answer.items)
      setNext(answer.next)
    } catch (error) {
      if (mine !== asked.current) return
      notices.failed(error)
    }
    setLoading(false)
  }
  useEffect(() => void load(null), [camera, query])
  return { next, loading, load }
}

function lay(sheet: Sheet, frames: FrameBody[], query: string) {
  sheet.show(frames)
  const wanted = new URLSearchParams(query).get('frame')
  const place = sheet.frames.value.findIndex(({ id }) => id === wanted)
  if (place >= 0) sheet.moveTo(place)
}
