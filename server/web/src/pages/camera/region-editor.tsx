import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { CameraBody, Point } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { isOver } from '../../jobs/latest-job.ts'
import { useLatestJob } from '../../jobs/use-latest-job.ts'
import { PolygonEditor, whyNotClosed } from '../../picture/polygon-editor.tsx'
import { RegionShade } from '../../picture/region-shade.tsx'
import { teachPath } from '../../router/route.ts'
import { ChangedElsewhere } from './changed-elsewhere.tsx'
import { useDraft } from './draft.ts'

interface RegionEditorProps {
  camera: CameraBody
  onChanged(): void
}

/** What of the picture the model looks at: one polygon, drawn as masks are; the rest is dimmed. */
export function RegionEditor({ camera, onChanged }: RegionEditorProps) {
  const { live } = useConsole()
  const draft = useDraft({ region: camera.region })
  const { region } = draft.fields
  const drawn = useSignal<Point[]>([])
  const frame = useRef(live.camera(camera.id)?.peek().frame ?? camera.lastFrame)
  const { busy, run } = useAction()
  const isChanged = JSON.stringify(region.value) !== JSON.stringify(camera.region)
  const save = () =>
    run(async () => {
      await send('PATCH', `/api/cameras/${camera.id}`, { region: region.value })
      onChanged()
      return 'The region is kept: the next training looks at it.'
    })
  const why =
    draft.clashes.value.length > 0
      ? 'Say first which region is meant.'
      : whyNotClosed(drawn.value.length, 'A region', 'the region')
  if (frame.current === null) return <p class="hint">A region is drawn on a picture: there is none yet.</p>
  return (
    <>
      <p class="hint">
        Drag a rectangle over what the model is to look at, or click its corners and close the region; all else is left
        out. With keys: arrows move, Space sets a corner, Backspace takes it back, Enter closes.
      </p>
      <PolygonEditor
        frame={frame.current}
        label={`Picture of ${camera.id}: draw the region with the arrows, Space and Enter`}
        thing="the region"
        drawn={drawn}
        onClose={(polygon) => {
          region.value = polygon
        }}
        buttons={
          <>
            <Button
              disabled={region.value === null && drawn.value.length === 0}
              onClick={() => {
                region.value = null
                drawn.value = []
              }}
            >
              Clear
            </Button>
            <Button kind="main" busy={busy.value} disabled={why !== null || !isChanged} onClick={() => void save()}>
              Save
            </Button>
          </>
        }
      >
        {region.value && <RegionShade region={region.value} />}
      </PolygonEditor>
      {why !== null && <p class="hint">{why}</p>}
      <ChangedElsewhere draft={draft} names={{ region: 'the region' }} />
      <p class="hint" aria-live="polite">
        {region.value === null ? 'The model looks at the whole picture.' : 'What is dimmed the model does not see.'}
        {isChanged && ' Not saved yet.'}
      </p>
      {camera.model !== null && (
        <p class="hint">
          The active model keeps the region that it was trained with until the next training:{' '}
          <a href={teachPath(camera.id)}>train it anew</a>.
        </p>
      )}
      <Embedding camera={camera.id} />
    </>
  )
}

/** The labelled frames are looked at anew, so that training stays quick; nothing else waits for it. */
function Embedding({ camera }: { camera: string }) {
  const job = useLatestJob(camera, 'embedding', () => {}).job.value
  if (!job) return null
  if (!isOver(job))
    return (
      <div>
        <p class="hint" role="status">
          Looking at the labelled frames anew …
        </p>
        <progress class="progress" value={job.progress} max={1} aria-label="Looking at the labelled frames anew" />
      </div>
    )
  if (job.state === 'failed')
    return <p class="hint wrong">The labelled frames could not be looked at anew: {job.error?.message}</p>
  return <p class="hint">The labelled frames were looked at anew: it is ready to train.</p>
}
