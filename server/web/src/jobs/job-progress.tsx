import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { JobBody } from '../api/bodies.ts'
import { get } from '../api/client.ts'
import { useConsole } from '../console.ts'
import { percent } from '../design/words.ts'

const ASK_MS = 3_000
const hasEnded = (job: Pick<JobBody, 'state'> | null | undefined) =>
  job ? ['done', 'failed', 'cancelled'].includes(job.state) : false

interface JobProgressProps {
  id: string
  /** What is said when it is done. */
  done: string
}

/** How far a job has come, as the stream tells it; it is also asked for, since a stream may miss its end. */
export function JobProgress({ id, done }: JobProgressProps) {
  const { live } = useConsole()
  const asked = useSignal<JobBody | null>(null)
  const heard = live.jobs.value?.get(id)
  useEffect(() => {
    const ask = async () => {
      const job = await get<JobBody>(`/api/jobs/${id}`).catch(() => null)
      if (job) asked.value = job
      if (hasEnded(job)) clearInterval(asking)
    }
    const asking = setInterval(() => void ask(), ASK_MS)
    void ask()
    return () => clearInterval(asking)
  }, [id, hasEnded(heard)])
  const { state = 'queued', progress = 0 } = (hasEnded(asked.value) ? asked.value : (heard ?? asked.value)) ?? {}
  if (state === 'queued') return <p class="hint">Waiting for its turn …</p>
  if (state === 'running')
    return (
      <p class="hint">
        <progress value={progress} /> {percent(progress)}
      </p>
    )
  if (state === 'done') return <p class="hint">{done}</p>
  return <p class="hint wrong">{asked.value?.error?.message ?? `The job was ${state}.`}</p>
}
