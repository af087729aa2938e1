import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { CameraBody, Point } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { pictureAddress } from '../../picture/picture-loader.ts'
import { ChangedElsewhere } from './changed-elsewhere.tsx'
import { useDraft } from './draft.ts'
import { corner, LEAST_CORNERS, MOST_CORNERS, MOST_MASKS, middleOf, pointsText } from './mask.ts'
import { useAction } from './use-action.ts'
import './mask.css'
import './owned.css'

interface MaskEditorProps {
  camera: CameraBody
  onChanged(): void
}

const STEP = 0.02
const PICTURE_WIDTH = 640
const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
}

/** Polygons drawn on the picture, by pointer or by keys: what they cover is never stored. */
export function MaskEditor({ camera, onChanged }: MaskEditorProps) {
  const { live } = useConsole()
  const place = useRef<HTMLDivElement>(null)
  const draft = useDraft({ masks: camera.masks ?? [] })
  const { masks } = draft.fields
  const drawn = useSignal<Point[]>([])
  const cursor = useSignal<Point | null>(null)
  const frame = useRef(live.camera(camera.id)?.peek().frame ?? camera.lastFrame)
  const { busy, run } = useAction()
  const isFull = masks.value.length >= MOST_MASKS

  const add = (point: Point) => {
    const isThere = drawn.value.some(({ x, y }) => x === point.x && y === point.y)
    if (!isThere && !isFull && drawn.value.length < MOST_CORNERS) drawn.value = [...drawn.value, point]
  }
  const close = () => {
    if (drawn.value.length < LEAST_CORNERS) return
    masks.value = [...masks.value, drawn.value]
    drawn.value = []
  }
  const onKey = (event: KeyboardEvent) => {
    const at = cursor.value ?? corner(0.5, 0.5)
    const move = MOVES[event.key]
    if (move) cursor.value = corner(at.x + move[0], at.y + move[1])
    else if (event.key === ' ') add(at)
    else if (event.key === 'Enter') close()
    else if (event.key === 'Backspace') drawn.value = drawn.value.slice(0, -1)
    else return
    event.preventDefault()
  }
  const save = () =>
    run(async () => {
      await send('PATCH', `/api/cameras/${camera.id}`, { masks: masks.value })
      onChanged()
      return 'Frames that come from now on are masked. Those that are kept already stay as they are.'
    })
  const why = whyNotSaved(draft.clashes.value.length > 0, drawn.value.length)
  if (frame.current === null) return <p class="hint">A mask is drawn on a picture: there is none yet.</p>
  return (
    <>
      <p class="hint">
        Click the corners of what nobody may see, then close the mask. With keys: arrows move, Space sets a corner,
        Backspace takes it back, Enter closes.
      </p>
      <div
        ref={place}
        class="mask-place"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes the keys itself
        tabIndex={0}
        aria-label={`Picture of ${camera.id}: draw masks with the arrows, Space and Enter`}
        onKeyDown={onKey}
        onFocus={() => {
          cursor.value ??= corner(0.5, 0.5)
        }}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          add(corner((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height))
        }}
      >
        <img src={pictureAddress(frame.current, PICTURE_WIDTH)} alt="" draggable={false} />
        <Drawing masks={masks.value} drawn={drawn.value} cursor={cursor.value} />
        <Numbers masks={masks.value} />
      </div>
      <p class="hint" aria-live="polite">
        {counted(masks.value.length, 'mask')}, {counted(drawn.value.length, 'corner')} of the next one
        {isFull && ': there can be no more masks'}
      </p>
      <ul class="owned" aria-label="Masks">
        {masks.value.map((mask, index) => (
          <li key={pointsText(mask)}>
            Mask {index + 1}
            <Button
              aria-label={`Remove mask ${index + 1}`}
              onClick={() => {
                masks.value = masks.value.filter((other) => other !== mask)
              }}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
      <ChangedElsewhere draft={draft} names={{ masks: 'the masks' }} />
      <div class="buttons">
        <Button onClick={close} disabled={drawn.value.length < LEAST_CORNERS}>
          Close the mask
        </Button>
        <Button
          onClick={() => {
            drawn.value = drawn.value.slice(0, -1)
          }}
          disabled={drawn.value.length === 0}
        >
          Take back a corner
        </Button>
        <Button kind="main" busy={busy.value} disabled={why !== null} onClick={() => void save()}>
          Save
        </Button>
      </div>
      {why !== null && <p class="hint">{why}</p>}
    </>
  )
}

/** Why the masks cannot be saved now, or null. */
function whyNotSaved(isClashing: boolean, corners: number): string | null {
  if (isClashing) return 'Say first which masks are meant.'
  if (corners === 0) return null
  const missing = LEAST_CORNERS - corners
  return missing > 0
    ? `A mask has ${LEAST_CORNERS} corners at least: set ${missing} more and close it, or take them back.`
    : 'Close the mask or take its corners back, then save.'
}

/** Which mask of the list is which. */
function Numbers({ masks }: { masks: Point[][] }) {
  return masks.map((mask, index) => {
    const { x, y } = middleOf(mask)
    return (
      <span
        key={pointsText(mask)}
        class="mask-number"
        aria-hidden="true"
        style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
      >
        {index + 1}
      </span>
    )
  })
}

function Drawing({ masks, drawn, cursor }: { masks: Point[][]; drawn: Point[]; cursor: Point | null }) {
  return (
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {masks.map((mask) => (
        <polygon key={pointsText(mask)} class="mask" points={pointsText(mask)} />
      ))}
      {drawn.length > 0 && <polyline class="outline" points={pointsText(drawn)} />}
      {drawn.map((point) => (
        <ellipse key={`${point.x} ${point.y}`} class="corner" cx={point.x * 100} cy={point.y * 100} rx="0.8" ry="1.2" />
      ))}
      {cursor && (
        <path
          class="cross"
          d={`M${cursor.x * 100 - 3} ${cursor.y * 100}h6M${cursor.x * 100} ${cursor.y * 100 - 4}v8`}
        />
      )}
    </svg>
  )
}
