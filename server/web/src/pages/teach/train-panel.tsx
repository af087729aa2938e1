import { useState } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import type { LabelCounts } from './calls.ts'
import { EvaluationView, type Review } from './evaluation-view.tsx'
import { isOver, type Lesson, type TrainingJob } from './lesson.ts'
import { readinessInWords } from './readiness.ts'
import type { Sheet } from './sheet.ts'
import './train.css'

interface TrainPanelProps {
  lesson: Lesson
  sheet: Sheet
  camera: CameraBody
  needed: Omit<LabelCounts, 'counts'>
  /** Lays out the frames that the model got wrong. */
  onReview: Review
}

const PHASES: Record<string, string> = {
  embed: 'Looking at the frames',
  train: 'Learning',
  evaluate: 'Testing on frames it has not learned from',
}

/** Training: how much is still missing, how far it is, and what came of it. */
export function TrainPanel({ lesson, sheet, camera, needed, onReview }: TrainPanelProps) {
  const { notices } = useConsole()
  const [busy, setBusy] = useState(false)
  const job = lesson.job.value
  const isRunning = job !== null && !isOver(job)
  const { text, canTrain } = readinessInWords(camera.states, sheet.counts.value, needed)
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true)
    await work().catch((error) => notices.failed(error))
    setBusy(false)
  }
  const train = (force: boolean) =>
    attempt(async () => {
      await sheet.kept
      await lesson.train(force)
    })

  return (
    <section class="train card" aria-label="Training">
      <div class="row">
        <p class="readiness" role="status">
          {isRunning ? `${PHASES[job.phase ?? ''] ?? 'Waiting for its turn'} …` : text}
        </p>
        {isRunning ? (
          <Button onClick={() => void attempt(() => lesson.cancel())} busy={busy}>
            Cancel
          </Button>
        ) : (
          <Button kind="main" disabled={!canTrain} busy={busy} onClick={() => void train(false)}>
            Train
          </Button>
        )}
      </div>
      {isRunning && <progress class="training" value={job.progress} max={1} aria-label="Training" />}
      {job && !isRunning && (
        <Outcome job={job} states={camera.states} onForce={() => void train(true)} busy={busy} onReview={onReview} />
      )}
    </section>
  )
}

interface OutcomeProps {
  job: TrainingJob
  states: string[]
  onForce(): void
  busy: boolean
  onReview: Review
}

function Outcome({ job, states, onForce, busy, onReview }: OutcomeProps) {
  if (job.state === 'cancelled') return <p class="hint">The last training was cancelled: nothing was changed.</p>
  if (job.state === 'failed' || job.result === null)
    return <p class="hint wrong">The last training failed: {job.error?.message ?? 'the server log says why'}</p>
  const { result } = job
  return (
    <>
      <p class={result.activated ? 'outcome good' : 'outcome held'}>
        {result.activated ? (
          <>
            <strong>{result.model}</strong> is active: new frames are classified by it.
          </>
        ) : (
          <>
            <strong>{result.model}</strong> was not activated: {result.reason}.
          </>
        )}
      </p>
      {!result.activated && (
        <Button busy={busy} onClick={onForce}>
          Train and activate all the same
        </Button>
      )}
      {result.skipped.length > 0 && (
        <p class="hint">
          Nothing could be learned from {counted(result.skipped.length, 'labelled frame')}: {result.skipped[0]?.reason}.
        </p>
      )}
      {result.evaluation ? (
        <EvaluationView evaluation={result.evaluation} states={states} onReview={onReview} />
      ) : (
        <p class="hint">Too few frames to test it on: label more to learn how good it is.</p>
      )}
    </>
  )
}
