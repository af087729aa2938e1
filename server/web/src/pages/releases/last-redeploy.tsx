import type { JobBody } from '../../api/bodies.ts'
import type { ReleasesBody } from '../../api/release-bodies.ts'
import { Age } from '../../design/elements.tsx'
import { JobLog } from '../../jobs/job-log.tsx'
import { type Kept, outcomeOf } from './outcome.ts'
import { Reason } from './reason.tsx'

interface LastRedeployProps {
  /** One that is over. */
  job: JobBody<Kept>
  releases: Pick<ReleasesBody, 'current' | 'items'>
}

/** What became of the last redeploy, and why. */
export function LastRedeploy({ job, releases }: LastRedeployProps) {
  const { tone, title, text, reason, advice } = outcomeOf(job, releases)
  return (
    <section class="card part redeploy" aria-labelledby="last">
      <header>
        <h2 id="last">The last redeploy</h2>
        <small>
          {job.owner !== null && `asked for by ${job.owner}, `}
          ended <Age at={Date.parse(job.finishedAt ?? job.createdAt)} />
        </small>
      </header>
      <p role="status">
        <strong class={`outcome ${tone}`}>{title}.</strong> {text}
      </p>
      {reason !== null && <Reason text={reason} tone={tone} />}
      {advice !== null && <p class="hint">{advice}</p>}
      <JobLog id={job.id} isRunning={false} />
    </section>
  )
}
