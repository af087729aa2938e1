import type { JobBody } from '../../api/bodies.ts'
import { Age } from '../../design/elements.tsx'
import { ScrolledToEnd } from '../../design/scrolled-to-end.tsx'
import { Lines } from '../../jobs/job-log.tsx'
import { useJobLines } from '../../jobs/use-job-lines.ts'
import { isSwitched, type ShownStep, stepsAt } from './steps.ts'

interface RunningProps {
  /** One that is not over. */
  job: JobBody
  /** The server does not answer. */
  isAway: boolean
}

/** A redeploy while it goes on: the step it is at, and what it says. */
export function Running({ job, isAway }: RunningProps) {
  const { lines, fault } = useJobLines(job.id, { isRunning: true, isWanted: true })
  return (
    <section class="card part redeploy" aria-labelledby="running">
      <header>
        <h2 id="running">A release is being deployed</h2>
        <small>
          {job.owner !== null && `asked for by ${job.owner}, `}
          <Age at={Date.parse(job.createdAt)} />
        </small>
      </header>
      <progress class="progress" value={job.progress} max={1} aria-label="Progress of the redeploy" />
      <p class="hint" role="status">
        {isAway ? whileAway(job.phase) : 'You may leave this page: it goes on without it.'}
      </p>
      <div class="how-far">
        <ol class="steps" aria-label="Steps">
          {stepsAt(job.phase).map((step) => (
            <Step key={step.name} step={step} />
          ))}
        </ol>
        <ScrolledToEnd class="redeploy-log job-log" label="What it says" of={lines.value}>
          {fault.value !== null && <p class="hint wrong">{fault.value}</p>}
          {lines.value?.length === 0 && <p class="hint">It has said nothing so far.</p>}
          <Lines lines={lines.value ?? []} />
        </ScrolledToEnd>
      </div>
    </section>
  )
}

function whileAway(phase: string | null): string {
  return isSwitched(phase)
    ? 'The server is being restarted. This page goes on by itself as soon as it answers.'
    : 'The server does not answer at the moment. The redeploy goes on without it.'
}

const STATES: Record<ShownStep['state'], string> = { done: 'done', now: 'now', ahead: 'not yet' }

function Step({ step: { text, state } }: { step: ShownStep }) {
  return (
    <li class={state} aria-current={state === 'now' ? 'step' : undefined}>
      {text}
      <span class="hidden-text">, {STATES[state]}</span>
    </li>
  )
}
