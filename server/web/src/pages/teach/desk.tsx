import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CameraBody, FrameBody, List } from '../../api/bodies.ts'
import { useConsole } from '../../console.ts'
import { framesNamed, framesOf, type LabelCounts, type Source } from './calls.ts'
import { onDeskKey } from './desk-keys.ts'
import { FrameGrid } from './frame-grid.tsx'
import { keysOf } from './keys.ts'
import { LabelButtons } from './label-buttons.tsx'
import { Lesson } from './lesson.ts'
import { NewerFrames } from './newer-frames.tsx'
import { Preview } from './preview.tsx'
import type { Sheet } from './sheet.ts'
import { SourceBar } from './source-bar.tsx'
import { TrainPanel } from './train-panel.tsx'

interface DeskProps {
  camera: CameraBody
  sheet: Sheet
  needed: Omit<LabelCounts, 'counts'>
  onTrained(): void
}

const UNLABELLED: Source = { order: 'newest', label: 'none', every: 0, from: null, to: null }

/** The picture, its states, and the frames that wait. */
export function Desk({ camera, sheet, needed, onTrained }: DeskProps) {
  const { live, notices } = useConsole()
  const [source, setSource] = useState<Source>(UNLABELLED)
  const [next, setNext] = useState<string | null>(null)
  const [loading, setLoading] = useState(true)
  const keys = useMemo(() => keysOf(camera.states), [camera.states])
  const lesson = useMemo(() => new Lesson(camera.id, () => onTrained()), [camera.id])

  // What was asked for last is laid out, whatever is answered last.
  const asked = useRef(0)
  const layOut = async (answer: Promise<List<FrameBody>>, show: (frames: FrameBody[]) => void) => {
    asked.current += 1
    const mine = asked.current
    setLoading(true)
    try {
      const { items, next } = await answer
      if (mine !== asked.current) return
      show(items)
      setNext(next)
    } catch (error) {
      notices.failed(error)
    }
    setLoading(false)
  }
  const load = (cursor: string | null) =>
    layOut(framesOf(camera.id, source, cursor), (frames) => {
      if (cursor === null) sheet.show(frames)
      else sheet.append(frames)
    })
  const review = (ids: string[], chosen: string) =>
    layOut(framesNamed(ids), (frames) => {
      sheet.show(frames)
      sheet.moveTo(ids.indexOf(chosen))
      scrollTo({ top: 0 }) // the picture stands above what was clicked
    })
  useEffect(() => void load(null), [camera.id, source])
  // Also when the line is back: what it told meanwhile may be lost.
  useEffect(() => void lesson.find().catch((error) => notices.failed(error)), [lesson, live.liveness.value])
  useEffect(() => {
    const end = live.listen((event) => event.kind === 'job' && lesson.hear(event.data))
    return () => {
      end()
      lesson.close()
    }
  }, [lesson])
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => onDeskKey(event, sheet, keys)
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [sheet, keys])

  return (
    <div class="desk">
      <div class="hand">
        <Preview sheet={sheet} states={camera.states} />
        <LabelButtons sheet={sheet} keys={keys} states={camera.states} good={needed.good} />
        <TrainPanel lesson={lesson} sheet={sheet} camera={camera} needed={needed} onReview={review} />
      </div>
      <section class="waiting" aria-label="Frames">
        <SourceBar
          source={source}
          states={camera.states}
          hasModel={camera.model !== null}
          onChange={setSource}
          onReload={() => void load(null)}
        />
        <NewerFrames camera={camera.id} source={source} sheet={sheet} onShow={() => void load(null)} />
        <FrameGrid
          sheet={sheet}
          states={camera.states}
          source={source}
          loading={loading}
          onMore={next === null ? null : () => void load(next)}
        />
      </section>
    </div>
  )
}
