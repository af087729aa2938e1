import { useState } from 'preact/hooks'
import type { CameraBody, JobBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import type { SuspectBody, TrainingResult } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { Button } from '../../design/elements.tsx'
import { timeOfDay } from '../../design/words.ts'
import { JobLog } from '../../jobs/job-log.tsx'
import { isOver, type LatestJob } from '../../jobs/latest-job.ts'
import { Outcome } from './outcome.tsx'
import { type Needed, readinessInWords } from './readiness.ts'
import type { Sheet } from './sheet.ts'
import './train.css'

interface TrainPanelProps {
  lesson: LatestJob<TrainingResult>
  /** Counts of labels, and the promise that all are kept. */
  sheet: Pick<Sheet, 'counts' | 'kept'>
  camera: Pick<CameraBody, 'id' | 'states' | 'model'>
  /** What is learned from. */
  shot?: 'frame' | 'reading'
  needed: Needed
  /** Labelled frames of other cameras, by state. */
  borrowed: Record<string, number>
  /** Whether a training has said already what is needed. */
  isJudged: boolean
  suspects: SuspectBody[]
  /** Told when a model that was held back was activated all the same. */
  onActivated(): void
}

const phases = (shots: string): Record<string, string> => ({
  embed: `Looking at the ${shots}`,
  train: 'Learning',
  evaluate: `Testing on ${shots} it has not learned from`,
})

/** Training: how much is still missing, how far it is, and what came of it. */
export function TrainPanel({
  lesson,
  sheet,
  camera,
  shot = 'frame',
  needed,
  borrowed,
  isJudged,
  suspects,
  onActivated,
}: TrainPanelProps) {
  const { notices } = useConsole()
  const [busy, setBusy] = useState(false)
  const job = lesson.job.value
  const isRunning = job !== null && !isOver(job)
  const { text, canTrain } = readinessInWords(
    camera.states,
    { counts: sheet.counts.value, borrowed },
    needed,
    isJudged,
    shot,
  )
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true)
    await work().catch((error) => notices.failed(error))
    setBusy(false)
  }
  const train = () =>
    attempt(async () => {
      await sheet.kept
      lesson.follow(await send<JobBody<TrainingResult>>('POST', '/api/training', { camera: camera.id }))
    })

  return (
    <section class="train card" aria-label="Training">
      <div class="row">
        <p class="readiness" role="status">
          {isRunning ? `${progressInWords(job, shot)} …` : text}
        </p>
        {isRunning ? (
          <Button onClick={() => void attempt(() => lesson.cancel())} busy={busy}>
            Cancel
          </Button>
        ) : (
          <Button kind="main" disabled={!canTrain} busy={busy} onClick={() => void train()}>
            Train
          </Button>
        )}
      </div>
      {isRunning && <progress class="progress" value={job.progress} max={1} aria-label="Training" />}
      {job && !isRunning && (
        <Outcome job={job} camera={camera} shot={shot} suspects={suspects.length} onActivated={onActivated} />
      )}
      {job && job.state !== 'queued' && <JobLog id={job.id} isRunning={isRunning} />}
    </section>
  )
}

function progressInWords({ state, phase, runAt, attempt }: JobBody, shot: string): string {
  const at = Date.parse(runAt ?? '')
  if (state === 'queued' && at > clock.value) return `${attempt > 0 ? 'Tries again' : 'Begins'} at ${timeOfDay(at)}`
  if (state === 'queued' || phase === null) return 'Waiting for its turn'
  return phases(`${shot}s`)[phase] ?? 'At work'
}
