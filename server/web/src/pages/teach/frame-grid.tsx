import { useEffect, useRef } from 'preact/hooks'
import type { FrameBody } from '../../api/bodies.ts'
import { Button, Empty, Loading } from '../../design/elements.tsx'
import { stateMark } from '../../design/state-badge.tsx'
import { shortTime, toldApart } from '../../design/words.ts'
import { FrameImage } from '../../picture/frame-image.tsx'
import { rangeOf } from './selection.ts'
import type { Sheet } from './sheet.ts'
import type { Source } from './source.ts'
import { whyInWords } from './why.ts'
import './frame-grid.css'

interface FrameGridProps {
  sheet: Sheet
  states: string[]
  /** Null where frames are reviewed. */
  source: Source | null
  loading: boolean
  /** Loads the page after this one; null at the end. */
  onMore: (() => void) | null
}

const PICTURE_WIDTH = 320
const idOf = (frame: FrameBody) => `frame-${frame.id.replaceAll('/', '-')}`

/** The frames that wait; a click chooses one, a click with Shift all between. */
export function FrameGrid({ sheet, states, source, loading, onMore }: FrameGridProps) {
  const grid = useRef<HTMLDivElement>(null)
  const frames = sheet.frames.value
  const current = sheet.current.value
  const [first, last] = rangeOf(sheet.selection.value)
  useEffect(() => {
    if (current) showWithin(grid.current, document.getElementById(idOf(current)))
  }, [current?.id])

  const times = toldApart(
    frames.map(({ capturedAt }) => Date.parse(capturedAt)),
    shortTime,
  )
  if (frames.length === 0) return loading ? <Loading what="frames" /> : <NoFrames source={source} />
  return (
    <>
      <div
        ref={grid}
        class="frame-grid"
        role="listbox"
        tabIndex={0}
        aria-label="Frames to label"
        aria-multiselectable="true"
        aria-activedescendant={current ? idOf(current) : undefined}
      >
        {frames.map((frame, index) => (
          <Tile
            key={frame.id}
            frame={frame}
            time={times[index] ?? ''}
            states={states}
            isSelected={index >= first && index <= last}
            isCurrent={frame === current}
            onChoose={(extend) => sheet.moveTo(index, extend)}
          />
        ))}
      </div>
      {onMore && (
        <Button class="more" busy={loading} onClick={onMore}>
          More frames
        </Button>
      )}
    </>
  )
}

interface TileProps {
  frame: FrameBody
  /** As it is told from those beside it. */
  time: string
  states: string[]
  isSelected: boolean
  isCurrent: boolean
  onChoose(extend: boolean): void
}

function Tile({ frame, time, states, isSelected, isCurrent, onChoose }: TileProps) {
  const why = whyInWords(frame.why)
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus (aria-activedescendant)
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys hold for the whole page
    <div
      id={idOf(frame)}
      class={isCurrent ? 'frame-tile current' : 'frame-tile'}
      role="option"
      aria-selected={isSelected}
      data-state={frame.label === null ? undefined : stateMark(frame.label, states)}
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      onClick={(event) => onChoose(event.shiftKey)}
    >
      <span class="picture-part">
        <FrameImage frame={frame.id} width={PICTURE_WIDTH} alt="" loading="lazy" decoding="async" />
        <span class="time">{time}</span>{' '}
        {frame.label === null ? <span class="hidden-text">no label</span> : <span class="label">{frame.label}</span>}
      </span>
      {frame.label !== null && <span class="mark" aria-hidden="true" />}
      {why?.short && <span class="why">{why.short}</span>}
    </div>
  )
}

/** Scrolls the list, and not the page around it. */
function showWithin(list: HTMLElement | null, tile: HTMLElement | null) {
  if (!list || !tile) return
  const [outer, inner] = [list.getBoundingClientRect(), tile.getBoundingClientRect()]
  list.scrollBy({
    top: inner.top < outer.top ? inner.top - outer.top : Math.max(0, inner.bottom - outer.bottom),
    left: inner.left < outer.left ? inner.left - outer.left : Math.max(0, inner.right - outer.right),
  })
}

function NoFrames({ source }: { source: Source | null }) {
  if (source === null)
    return (
      <Empty title="Nothing is left to review">
        <p>These frames have other labels by now, or they are gone.</p>
      </Empty>
    )
  if (source.order === 'uncertain')
    return (
      <Empty title="Nothing is uncertain">
        <p>The model had no doubt here, or there is no model yet: choose the newest frames.</p>
      </Empty>
    )
  return (
    <Empty title="No frames here">
      <p>
        {source.label === 'none'
          ? 'Every frame of this span has a label, or no frame has come yet.'
          : 'Choose another span or another label.'}
      </p>
    </Empty>
  )
}
