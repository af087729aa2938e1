import type { CameraBody, JobBody } from '../../api/bodies.ts'
import type { TrainingResult } from '../../api/model-bodies.ts'
import { counted } from '../../design/words.ts'
import { ActivateButton } from '../../models/activation.tsx'
import { GateView } from '../../models/gate-view.tsx'
import { LearningCurve } from '../../models/learning-curve.tsx'
import { Score } from '../../models/score.tsx'
import { reviewQuery } from '../../router/review.ts'
import { modelPath, teachPath } from '../../router/route.ts'

interface OutcomeProps {
  job: JobBody<TrainingResult>
  camera: CameraBody
  onActivated(): void
}

/** What came of the last training. */
export function Outcome({ job, camera, onActivated }: OutcomeProps) {
  if (job.state === 'cancelled') return <p class="hint">The last training was cancelled: nothing was changed.</p>
  if (job.state === 'failed' || job.result === null)
    return <p class="hint wrong">The last training failed: {job.error?.message ?? 'the server log says why'}</p>
  const { model, evaluation, verdict, gate = null, skipped } = job.result
  const isHeld = !job.result.activated && model !== camera.model
  return (
    <>
      <p class={isHeld ? 'outcome held' : 'outcome good'}>
        <Fate result={job.result} active={camera.model} />
      </p>
      {isHeld && gate && <GateView gate={gate} />}
      {isHeld && model && (
        <div>
          <ActivateButton model={model} gate={gate} kind="plain" force onDone={onActivated}>
            Activate it all the same
          </ActivateButton>
        </div>
      )}
      <Score evaluation={evaluation} verdict={verdict ?? evaluation?.verdict ?? null} />
      {evaluation?.curve && evaluation.curve.length > 1 && <LearningCurve curve={evaluation.curve} />}
      {skipped.length > 0 && (
        <p class="hint">
          Nothing could be learned from {counted(skipped.length, 'labelled frame')}: {skipped[0]?.reason}.
        </p>
      )}
      {model && (
        <div class="buttons">
          <a class="button" href={modelPath(model)}>
            All about model {model.split('@')[1]}
          </a>
          {evaluation && evaluation.wrong.length > 0 && (
            <a class="button" href={teachPath(camera.id) + reviewQuery({ of: 'wrong', model })}>
              {counted(evaluation.wrong.length, 'frame')} it got wrong
            </a>
          )}
        </div>
      )}
    </>
  )
}

function Fate({ result, active }: { result: TrainingResult; active: string | null }) {
  const { model, activated, reason, gate } = result
  if (model === null) return <>No model came of it: {reason ?? 'its log says why'}.</>
  if (model === active)
    return (
      <>
        <strong>{model}</strong> is active: new frames are classified by it.
      </>
    )
  if (activated)
    return (
      <>
        <strong>{model}</strong> was activated; {active ?? 'none'} is active now.
      </>
    )
  // The figures stand below.
  return (
    <>
      <strong>{model}</strong> was not activated: {gate?.worse ? 'it is worse than the active one' : reason}.
    </>
  )
}
