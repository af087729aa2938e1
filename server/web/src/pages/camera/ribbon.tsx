import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { shares, timeOfDay } from '../../design/words.ts'
import { isSilent, type Span, segmentAt } from '../../ribbon/band.ts'
import { Bands } from '../../ribbon/bands.tsx'
import { inOrder } from '../../ribbon/pile.ts'
import { Piles } from '../../ribbon/piles.tsx'
import { between, fractionOf, lengthOf, moved, timeAt, zoomed } from '../../ribbon/span.ts'
import { useZoom } from '../../ribbon/use-zoom.ts'
import { bucketAt } from './confidence.ts'
import type { History } from './history.ts'
import { isTooFine, type Past } from './past.ts'

interface RibbonProps {
  history: History
  states: string[]
  /** Milliseconds UTC of the frame that is shown, or null. */
  shownAt: number | null
  /** Told the moment that somebody wants to see. */
  onPick(at: number): void
  /** Told what is said of the moment that the mouse stands at. */
  onPoint(said: string | null): void
}

const STEP = 0.01
const CLOSER = 0.6
const NO_FRAMES = 'no frames'

/** The states of a span, to zoom, move and pick a moment of, by mouse, fingers and keys. */
export function Ribbon({ history, states, shownAt, onPick, onPoint }: RibbonProps) {
  const place = useRef<HTMLDivElement>(null)
  const drawn = useSignal<{ one: number; other: number } | null>(null)
  const cursor = useSignal<number | null>(null)
  const span = history.span.value
  const at = cursor.value ?? shownAt ?? span.to - lengthOf(span) / 2
  const past = history.past.value
  const isPiled = isTooFine(past)
  const momentInWords = (moment: number) =>
    `${timeOfDay(moment)}, ${isPiled ? sharesAt(past, moment, states) : stateAt(past, moment)}`

  /** @returns whether another span is shown now */
  const show = (next: Span) => {
    const { from, to } = history.span.peek()
    if (next.from === from && next.to === to) return false
    history.show(next)
    return true
  }
  useZoom(place, {
    onZoom: (factor, where) => {
      const now = history.span.peek()
      return show(zoomed(now, factor, timeAt(now, where), history.bounds))
    },
    onMove: (fraction) => show(moved(history.span.peek(), fraction, history.bounds)),
    onSelecting: (stretch) => {
      drawn.value = stretch
    },
    onSelected: (one, other) => history.show(between(history.span.peek(), one, other, history.bounds)),
    onPick: (where) => onPick(timeAt(history.span.peek(), where)),
  })

  const moveCursor = (by: number) => {
    const next = Math.min(Math.max(at + by, history.bounds.from), history.bounds.to)
    if (next < span.from || next > span.to) history.show(moved(span, next < span.from ? -0.5 : 0.5, history.bounds))
    cursor.value = next
  }
  /** Around the moment that was chosen; else as the buttons do. */
  const zoom = (factor: number) =>
    cursor.value === null ? history.zoom(factor, at) : history.show(zoomed(span, factor, at, history.bounds))
  const onKey: Record<string, () => void> = {
    ArrowLeft: () => moveCursor(-lengthOf(span) * STEP),
    ArrowRight: () => moveCursor(lengthOf(span) * STEP),
    Home: () => moveCursor(span.from - at),
    End: () => moveCursor(span.to - at),
    PageUp: () => history.show(moved(span, 0.5, history.bounds)),
    PageDown: () => history.show(moved(span, -0.5, history.bounds)),
    '+': () => zoom(CLOSER),
    '=': () => zoom(CLOSER),
    '-': () => zoom(1 / CLOSER),
    Enter: () => onPick(at),
  }
  return (
    <div
      ref={place}
      class="ribbon"
      role="slider"
      tabIndex={0}
      aria-label="States over time. Arrows choose a moment, Page Up and Page Down move on, plus and minus zoom, Enter shows the frame"
      aria-valuemin={span.from}
      aria-valuemax={span.to}
      aria-valuenow={Math.round(at)}
      aria-valuetext={momentInWords(at)}
      onKeyDown={(event) => {
        const act = onKey[event.key]
        if (!act || event.ctrlKey || event.metaKey) return
        event.preventDefault()
        act()
      }}
      onPointerMove={({ currentTarget, clientX }) => {
        const { left, width } = currentTarget.getBoundingClientRect()
        onPoint(momentInWords(timeAt(span, (clientX - left) / width)))
      }}
      onPointerLeave={() => onPoint(null)}
      onBlur={() => {
        cursor.value = null
      }}
    >
      {isPiled ? (
        <Piles buckets={past.buckets} width={past.width} states={states} span={span} label="Share of each state" />
      ) : (
        <Bands segments={past.segments} states={states} span={span} label="States over time" />
      )}
      {cursor.value !== null && <Line kind="cursor" fraction={fractionOf(span, cursor.value)} />}
      {shownAt !== null && <Line kind="shown" fraction={fractionOf(span, shownAt)} />}
      {drawn.value && <Stretch {...drawn.value} />}
    </div>
  )
}

function stateAt({ segments }: Past, at: number): string {
  const segment = segmentAt(segments, at)
  return segment && !isSilent(segment) ? segment.state : NO_FRAMES
}

/** `closed 95 %, open 5 %` */
function sharesAt(past: Past, at: number, states: string[]): string {
  const bucket = bucketAt(past, at)
  if (!bucket) return NO_FRAMES
  const piles = inOrder(bucket, states)
  const said = shares(piles.map(([, results]) => results / bucket.results))
  return piles.map(([state], index) => `${state} ${said[index]}`).join(', ')
}

function Line({ kind, fraction }: { kind: string; fraction: number }) {
  if (fraction < 0 || fraction > 1) return null
  return <span class={`line ${kind}`} style={{ left: `${fraction * 100}%` }} />
}

function Stretch({ one, other }: { one: number; other: number }) {
  const [left, right] = [Math.min(one, other), Math.max(one, other)]
  return <span class="stretch" style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }} />
}
