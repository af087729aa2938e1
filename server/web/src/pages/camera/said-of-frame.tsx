import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CameraBody, FrameBody } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Button, Moment } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { percent, reasonInWords, timeOfDay } from '../../design/words.ts'
import { capturedAt } from '../../live/camera.ts'
import { CorrectLabel } from './correct-label.tsx'

interface SaidOfFrameProps {
  /** Its id. */
  frame: string
  camera: CameraBody
  /** Told when its label was changed. */
  onLabelled(): void
}

/** What was said of a frame of the past, by the model and by people. */
export function SaidOfFrame({ frame, camera, onLabelled }: SaidOfFrameProps) {
  const { session } = useConsole()
  const body = useSignal<FrameBody | null>(null)
  const failed = useSignal<unknown>(null)
  const attempt = useSignal(0)
  useEffect(() => {
    body.value = null
    failed.value = null
    const ending = new AbortController()
    get<FrameBody>(`/api/frames/${frame}`, {}, ending.signal).then(
      (found) => {
        body.value = found
      },
      (error) => {
        if (!ending.signal.aborted) failed.value = error
      },
    )
    return () => ending.abort()
  }, [frame, attempt.value])
  const at = capturedAt(frame) ?? 0
  const known = body.value
  if (failed.value !== null)
    return (
      <div class="not-said" role="alert">
        <p class="reason">{(failed.value as Error).message}</p>
        <Button onClick={() => attempt.value++}>Try again</Button>
      </div>
    )
  return (
    <>
      <p class="large-state">{known ? <Outcome body={known} camera={camera} /> : <small>loading …</small>}</p>
      {known?.result?.state === 'unknown' && <p class="reason">{reasonInWords(known.result.reason)}</p>}
      <dl class="facts">
        <dt>Captured</dt>
        <dd>
          <Moment at={at}>{timeOfDay(at)}</Moment>
        </dd>
        <dt>Label</dt>
        <dd>{known ? (known.label ?? 'none') : '…'}</dd>
        <dt>Model</dt>
        <dd>{known ? (known.result?.model ?? 'none') : '…'}</dd>
        {known?.result?.probabilities && (
          <>
            <dt>Probabilities</dt>
            <dd>
              {Object.entries(known.result.probabilities).map(([state, share]) => (
                <div key={state}>
                  {state} {percent(share)}
                </div>
              ))}
            </dd>
          </>
        )}
      </dl>
      {known && session.canOperate.value && (
        <CorrectLabel
          key={frame}
          frame={known}
          states={camera.states}
          onLabelled={(label) => {
            if (body.value?.id === frame) body.value = { ...body.value, label }
            onLabelled()
          }}
        />
      )}
    </>
  )
}

function Outcome({ body: { result, outcome }, camera }: { body: FrameBody; camera: CameraBody }) {
  if (!result) return outcome ?? 'not known any more'
  return <StateBadge state={result.state} states={camera.states} confidence={result.confidence} />
}
