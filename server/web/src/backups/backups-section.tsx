import { useState } from 'preact/hooks'
import type { JobBody } from '../api/bodies.ts'
import { ApiError, send } from '../api/client.ts'
import type { BackupBody, BackupsBody } from '../api/release-bodies.ts'
import { useAction } from '../api/use-action.ts'
import { useConsole } from '../console.ts'
import { ConfirmDialog } from '../design/confirm-dialog.tsx'
import { Button, Moment } from '../design/elements.tsx'
import { timeOfDay } from '../design/words.ts'
import { JobLog } from '../jobs/job-log.tsx'
import { isOver } from '../jobs/latest-job.ts'
import { useLatestJob } from '../jobs/use-latest-job.ts'
import { useAnswer } from '../use-answer.ts'
import { BackupList } from './backup-list.tsx'
import { HowToRestore } from './how-to-restore.tsx'
import './backups.css'

/** What an admin can restore on another machine: the backups there are, when the next one is made, and one more now. */
export function BackupsSection() {
  const { notices } = useConsole()
  const { body, fault, load } = useAnswer<BackupsBody>('/api/backups')
  const [deleting, setDeleting] = useState<BackupBody | null>(null)
  const { busy, run } = useAction()
  const followed = useLatestJob(null, 'backup', () => void load())
  const job = followed.job.value
  const isRunning = job !== null && !isOver(job)
  const make = () =>
    run(async () => {
      followed.follow(await send<JobBody>('POST', '/api/backups', {}))
      return undefined
    })
  const remove = async ({ name }: BackupBody) => {
    try {
      await send('DELETE', `/api/backups/${name}`)
      notices.done(`The backup ${name} was deleted.`)
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error // somebody else was faster
    }
    await load() // first: the focus goes to what is left
    setDeleting(null)
  }
  const backups = body.value
  return (
    <section class="card part backups" aria-labelledby="backups">
      <header>
        <h2 id="backups">Backups</h2>
        {backups !== null && (
          <Button busy={busy.value} disabled={isRunning} onClick={() => void make()}>
            Make one now
          </Button>
        )}
      </header>
      {fault.value !== null && backups === null && <p class="hint wrong">{(fault.value as Error).message}</p>}
      {isRunning && <Making job={job} />}
      {job?.state === 'failed' && (
        <>
          <p class="failed">
            <strong class="outcome bad">The last one failed.</strong> {job.error?.message}
          </p>
          <JobLog id={job.id} isRunning={false} />
        </>
      )}
      {backups !== null && (
        <>
          <Next nextAt={backups.nextAt} />
          <BackupList backups={backups.items} onDelete={setDeleting} />
          <HowToRestore backups={backups} />
        </>
      )}
      {deleting !== null && (
        <ConfirmDialog
          title="Delete a backup"
          action="Delete"
          word={null}
          onClose={() => setDeleting(null)}
          onConfirm={() => remove(deleting)}
        >
          <p>
            The backup of <Moment at={Date.parse(deleting.at)}>{timeOfDay(Date.parse(deleting.at))}</Moment> (
            {deleting.name}) goes for good.
          </p>
        </ConfirmDialog>
      )}
    </section>
  )
}

function Making({ job: { state, progress } }: { job: JobBody }) {
  return (
    <div>
      <p class="hint" role="status">
        {state === 'queued' ? 'A backup waits for its turn …' : 'A backup is being made …'}
      </p>
      <progress class="progress" value={progress} max={1} aria-label="Progress of the backup" />
    </div>
  )
}

function Next({ nextAt }: { nextAt: string | null }) {
  if (nextAt === null)
    return (
      <p class="nightly-off">No backup is made each night: AJAR_BACKUP_AT is off. Set it to a time such as 03:15.</p>
    )
  const at = Date.parse(nextAt)
  return (
    <p class="hint">
      One is made each night, the next at <Moment at={at}>{timeOfDay(at)}</Moment>. In it are cameras, labels, results,
      rules, people and devices, the frames that are kept, and the models.
    </p>
  )
}
