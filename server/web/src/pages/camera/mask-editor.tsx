import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { CameraBody, Point } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import '../../design/owned.css'
import { counted } from '../../design/words.ts'
import { MOST_MASKS, middleOf, pointsText } from '../../picture/polygon.ts'
import { PolygonEditor, whyNotClosed } from '../../picture/polygon-editor.tsx'
import { ChangedElsewhere } from './changed-elsewhere.tsx'
import { useDraft } from './draft.ts'

interface MaskEditorProps {
  camera: CameraBody
  onChanged(): void
}

/** Polygons drawn on the picture, by pointer or by keys: what they cover is never stored. */
export function MaskEditor({ camera, onChanged }: MaskEditorProps) {
  const { live } = useConsole()
  const draft = useDraft({ masks: camera.masks ?? [] })
  const { masks } = draft.fields
  const drawn = useSignal<Point[]>([])
  const frame = useRef(live.camera(camera.id)?.peek().frame ?? camera.lastFrame)
  const { busy, run } = useAction()
  const isFull = masks.value.length >= MOST_MASKS
  const save = () =>
    run(async () => {
      await send('PATCH', `/api/cameras/${camera.id}`, { masks: masks.value })
      onChanged()
      return 'Frames that come from now on are masked. Those that are kept already stay as they are.'
    })
  const why =
    draft.clashes.value.length > 0
      ? 'Say first which masks are meant.'
      : whyNotClosed(drawn.value.length, 'A mask', 'the mask')
  if (frame.current === null) return <p class="hint">A mask is drawn on a picture: there is none yet.</p>
  return (
    <>
      <p class="hint">
        Click the corners of what nobody may see, then close the mask. With keys: arrows move, Space sets a corner,
        Backspace takes it back, Enter closes.
      </p>
      <PolygonEditor
        frame={frame.current}
        label={`Picture of ${camera.id}: draw masks with the arrows, Space and Enter`}
        thing="the mask"
        drawn={drawn}
        isFull={isFull}
        onClose={(mask) => {
          masks.value = [...masks.value, mask]
        }}
        over={<Numbers masks={masks.value} />}
        buttons={
          <Button kind="main" busy={busy.value} disabled={why !== null} onClick={() => void save()}>
            Save
          </Button>
        }
      >
        {masks.value.map((mask) => (
          <polygon key={pointsText(mask)} class="mask" points={pointsText(mask)} />
        ))}
      </PolygonEditor>
      {why !== null && <p class="hint">{why}</p>}
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
    </>
  )
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
