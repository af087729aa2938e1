import { useEffect, useState } from 'preact/hooks'
import type { CameraBody, JobBody } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import type { ModelBody, TrainingResult } from '../../api/model-bodies.ts'
import { counted } from '../../design/words.ts'
import { ActivateButton } from '../../models/activation.tsx'
import { GateView } from '../../models/gate-view.tsx'
import { LearningCurve } from '../../models/learning-curve.tsx'
import { Score } from '../../models/score.tsx'
import { isTelling, modelName } from '../../models/words.ts'
import { reviewQuery } from '../../router/review.ts'
import { modelPath, sensorPath, teachPath } from '../../router/route.ts'

interface OutcomeProps {
  job: JobBody<TrainingResult>
  camera: Pick<CameraBody, 'id' | 'model'>
  /** What was learned from: frames can be reviewed. */
  shot: 'frame' | 'reading'
  /** Labels that look wrong still. */
  suspects: number
  onActivated(): void
}

/** What came of the last training. */
export function Outcome({ job, camera, shot, suspects, onActivated }: OutcomeProps) {
  const parent = useParent(job.result?.model ?? null)
  if (job.state === 'cancelled') return <p class="hint">The last training was cancelled: nothing was changed.</p>
  if (job.state === 'failed' || job.result === null)
    return <p class="hint wrong">The last training failed: {job.error?.message ?? 'the server log says why'}</p>
  const { model, evaluation, verdict, gate = null, skipped } = job.result
  const isHeld = !job.result.activated && model !== camera.model
  const than = parent === null ? 'the model that was active' : modelName(parent)
  return (
    <>
      <p class={isHeld ? 'outcome held' : 'outcome good'}>
        <Fate result={job.result} active={camera.model} than={than} shot={shot} />
      </p>
      {isHeld && gate && <GateView gate={gate} than={than} />}
      {isHeld && model && (
        <div>
          <ActivateButton model={model} gate={gate} than={than} kind="plain" isHeld onDone={onActivated}>
            Activate it all the same
          </ActivateButton>
        </div>
      )}
      <Score
        shot={shot}
        evaluation={evaluation}
        verdict={verdict ?? evaluation?.verdict ?? null}
        worseThan={isHeld && gate?.worse ? than : null}
        suspects={
          shot === 'reading'
            ? suspectsOfReadings(camera.id, job.result)
            : suspects > 0
              ? { count: suspects, path: teachPath(camera.id) + reviewQuery({ of: 'suspects' }) }
              : null
        }
      />
      {evaluation?.curve && evaluation.curve.length > 1 && <LearningCurve curve={evaluation.curve} />}
      {skipped.length > 0 && (
        <p class="hint">
          Nothing could be learned from {counted(skipped.length, `labelled ${shot}`)}: {skipped[0]?.reason}.
        </p>
      )}
      {model && (
        <div class="buttons">
          <a class="button" href={modelPath(model)}>
            All about model {model.split('@')[1]}
          </a>
          {shot === 'frame' && evaluation && evaluation.wrong.length > 0 && (
            <a class="button" href={teachPath(camera.id) + reviewQuery({ of: 'wrong', model })}>
              {counted(evaluation.wrong.length, 'frame')} it got wrong
            </a>
          )}
        </div>
      )}
    </>
  )
}

/** Readings are not laid out to be labelled: their sensor's page shows one after the other. */
function suspectsOfReadings(sensor: string, { model, evaluation }: TrainingResult) {
  const count = evaluation?.suspects?.length ?? 0
  return model !== null && count > 0 ? { count, path: sensorPath(sensor) + reviewQuery({ of: 'suspects' }) } : null
}

/** The model that was active when one was made; null until that is known. */
function useParent(model: string | null): string | null {
  const [parent, setParent] = useState<string | null>(null)
  useEffect(() => {
    setParent(null)
    if (model === null) return
    get<ModelBody>(`/api/models/${model}`).then(
      (body) => setParent(body.parent),
      () => {}, // it is said without its name
    )
  }, [model])
  return parent
}

interface FateProps {
  shot: string
  result: TrainingResult
  active: string | null
  /** The model that was active, as `model 1`. */
  than: string
}

function Fate({ result, active, than, shot }: FateProps) {
  const { model, activated, reason } = result
  if (model === null) return <>No model came of it: {reason ?? 'its log says why'}.</>
  if (model === active)
    return (
      <>
        <strong>{model}</strong> is active: new {shot}s are classified by it.
      </>
    )
  if (activated)
    return (
      <>
        <strong>{model}</strong> was activated; {active ?? 'none'} is active now.
      </>
    )
  return (
    <>
      <strong>{model}</strong> was not activated{whyHeld(result, than)}
    </>
  )
}

/** What the figures below do not say. */
function whyHeld({ gate, reason }: TrainingResult, than: string): string {
  if (gate?.worse) return isTelling(gate) ? `: it is worse than ${than}.` : '.'
  return reason === null ? '.' : `: ${reason}.`
}
