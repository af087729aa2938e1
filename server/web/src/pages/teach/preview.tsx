import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { FrameBody } from '../../api/bodies.ts'
import { Moment } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { counted, percent, timeOfDay } from '../../design/words.ts'
import { FrameImage } from '../../picture/frame-image.tsx'
import { pictureAddress } from '../../picture/picture-loader.ts'
import { rangeOf } from './selection.ts'
import type { Sheet } from './sheet.ts'
import { whyInWords } from './why.ts'

const WIDTH = 1280
/** As wide as the tiles of the grid, so that it is here already. */
const TILE_WIDTH = 320

/** The frame one stands at, large, with what is known of it. */
export function Preview({ sheet, states }: { sheet: Sheet; states: string[] }) {
  const frame = sheet.current.value
  const { at } = sheet.selection.value
  const next = sheet.frames.value[at + 1]
  const [first, last] = rangeOf(sheet.selection.value)
  const count = last - first + 1
  // The next picture is there when it is asked for.
  useEffect(() => {
    if (next) new Image().src = pictureAddress(next.id, WIDTH)
  }, [next?.id])
  if (!frame) return null
  const capturedAt = Date.parse(frame.capturedAt)
  const { result, label } = frame
  const why = whyInWords(frame.why)
  return (
    <figure class="preview" aria-busy={!sheet.isSeen.value}>
      <Picture key={frame.id} frame={frame} sheet={sheet} />
      <figcaption>
        <span>
          <Moment at={capturedAt}>{timeOfDay(capturedAt)}</Moment>
          {count > 1 && <strong> · {counted(count, 'frame')} selected</strong>}
        </span>
        {result?.best != null && result.confidence !== null && (
          <span class="opinion">
            model: {result.best} {percent(result.confidence)}
          </span>
        )}
        {why && <span class="muted">{why.long}</span>}
        <span class="said" aria-live="polite">
          {label === null ? <span class="muted">no label</span> : <StateBadge state={label} states={states} />}
        </span>
      </figcaption>
    </figure>
  )
}

/** Pictures of one frame only: where another one's stayed until these are here, it would be labelled in their place. */
function Picture({ frame, sheet }: { frame: FrameBody; sheet: Sheet }) {
  const [failed, setFailed] = useState(false)
  const isGone = useRef(false)
  useLayoutEffect(
    () => () => {
      isGone.current = true
      sheet.see(null)
    },
    [],
  )
  const onLoad = () => {
    if (isGone.current) return // the larger one came when another frame was shown already
    setFailed(false)
    sheet.see(frame.id)
  }
  return (
    <div class="pictures">
      <FrameImage frame={frame.id} width={TILE_WIDTH} alt="" decoding="sync" onLoad={onLoad} />
      <FrameImage
        frame={frame.id}
        width={WIDTH}
        alt={`Frame of ${timeOfDay(Date.parse(frame.capturedAt))}`}
        decoding="sync"
        onLoad={onLoad}
        onError={() => setFailed(true)}
      />
      {failed && !sheet.isSeen.value && (
        <p role="alert">This picture cannot be had, so it cannot be labelled: go on to the next one.</p>
      )}
    </div>
  )
}
