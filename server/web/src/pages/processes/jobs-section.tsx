import type { JobBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { Age, Button, Moment } from '../../design/elements.tsx'
import { percent, timeOfDay } from '../../design/words.ts'
import { JobLog } from '../../jobs/job-log.tsx'
import { isOver } from '../../jobs/latest-job.ts'
import { cameraPath } from '../../router/route.ts'
import { canBeCancelled, jobStateInWords, kindInWords, withNews } from './jobs.ts'
import { useJobs } from './use-jobs.ts'
import './jobs.css'

/** Long work of the server: what waits and runs, and what ended last. */
export function JobsSection() {
  const { live } = useConsole()
  const { list, fault, load } = useJobs()
  const jobs = list.value
  return (
    <section class="jobs card" aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      {fault.value !== null && <p class="hint wrong">{fault.value}</p>}
      {jobs?.length === 0 && <p class="hint">No job was asked for yet: trainings, imports and the like stand here.</p>}
      <ul>
        {jobs?.map((job) => (
          <Job key={job.id} job={withNews(job, live.jobs.value.get(job.id))} onChanged={load} />
        ))}
      </ul>
    </section>
  )
}

function Job({ job, onChanged }: { job: JobBody; onChanged(): Promise<void> }) {
  const { session } = useConsole()
  const { busy, run } = useAction()
  const cancel = () =>
    run(async () => {
      await send('DELETE', `/api/jobs/${job.id}`)
      await onChanged()
      return undefined
    })
  const name = kindInWords(job)
  return (
    <li>
      <header>
        <strong>{name}</strong>
        {job.camera !== null && <a href={cameraPath(job.camera)}>{job.camera}</a>}
        <When job={job} />
        {!isOver(job) && canBeCancelled(job) && session.canOperate.value && (
          <Button
            busy={busy.value}
            aria-label={`Cancel ${name}${job.camera === null ? '' : ` of ${job.camera}`}`}
            onClick={() => void cancel()}
          >
            Cancel
          </Button>
        )}
      </header>
      {job.state === 'running' && (
        <p class="hint">
          <progress value={job.progress} aria-label="Progress" /> {percent(job.progress)}
          {job.phase !== null && `, ${job.phase.replaceAll('_', ' ')}`}
        </p>
      )}
      {job.error !== null && <p class="hint wrong">{job.error.message}</p>}
      <JobLog id={job.id} isRunning={job.state === 'running'} />
    </li>
  )
}

function When({ job }: { job: JobBody }) {
  const { state, runAt, createdAt, startedAt, finishedAt } = job
  const said = jobStateInWords(job, clock.value)
  const isPutOff = state === 'queued' && said !== jobStateInWords({ state, runAt: null }, clock.value)
  const at = Date.parse((isPutOff ? runAt : null) ?? finishedAt ?? startedAt ?? createdAt)
  return (
    <span class={`job-state ${state}`}>
      {said} {isPutOff ? <Moment at={at}>{timeOfDay(at)}</Moment> : <Since state={state} at={at} />}
    </span>
  )
}

function Since({ state, at }: { state: JobBody['state']; at: number }) {
  return (
    <small>
      {state === 'queued' && 'asked for '}
      {state === 'running' && 'begun '}
      <Age at={at} />
    </small>
  )
}
