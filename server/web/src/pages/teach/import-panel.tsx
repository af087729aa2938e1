import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { CameraBody, JobBody } from '../../api/bodies.ts'
import type { ImportResult } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { CopyText } from '../../design/copy-text.tsx'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { JobLog } from '../../jobs/job-log.tsx'
import { isOver } from '../../jobs/latest-job.ts'
import { useLatestJob } from '../../jobs/use-latest-job.ts'
import { sendsZip } from '../../upload/send-file.ts'
import { Uploading } from '../../upload/uploading.ts'
import { ZipField } from '../../upload/zip-field.tsx'
import { ADDS_STATES, importFault } from './import-faults.ts'

interface ImportPanelProps {
  camera: CameraBody
  /** Then there is something to take along. */
  hasLabels: boolean
  onImported(): void
}

/** Labelled pictures from elsewhere, and those of this camera to take along. */
export function ImportPanel({ camera, hasLabels, onImported }: ImportPanelProps) {
  const { notices } = useConsole()
  const addsStates = useSignal(false)
  const isOpen = useSignal(false)
  const followed = useLatestJob<ImportResult>(camera.id, 'import', onImported)
  const uploading = useMemo(
    () =>
      new Uploading<JobBody<ImportResult>>({
        most: null,
        send: (...file) => {
          const query = addsStates.peek() ? '?states=add' : ''
          return sendsZip<JobBody<ImportResult>>(`/api/cameras/${camera.id}/import${query}`)(...file)
        },
        onTaken: (job) => followed.follow(job),
      }),
    [followed],
  )
  const job = followed.job.value
  const isRunning = job !== null && !isOver(job)
  // One that runs is seen after a reload too.
  useEffect(() => {
    if (isRunning) isOpen.value = true
  }, [isRunning])
  return (
    <details class="import card" open={isOpen.value} onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>{hasLabels ? 'Import and export' : 'Import labelled pictures'}</summary>
      <div class="fold">
        {isRunning ? (
          <>
            <p role="status">{job.state === 'queued' ? 'Waiting for its turn …' : 'Importing …'}</p>
            <progress class="progress" value={job.progress} max={1} aria-label="Import" />
            <div>
              <Button onClick={() => void followed.cancel().catch((error) => notices.failed(error))}>Cancel</Button>
            </div>
          </>
        ) : (
          <>
            <ZipField
              uploading={uploading}
              label="Zip of labelled pictures"
              hint="One folder for each state with its pictures: JPEG, PNG or WebP. Drop it here, or choose it."
            />
            <label class="check">
              <input
                type="checkbox"
                checked={addsStates.value}
                onChange={({ currentTarget }) => (addsStates.value = currentTarget.checked)}
              />{' '}
              {ADDS_STATES}
            </label>
            <CopyText label="A folder, without packing it" text={importLine(camera.id)} />
          </>
        )}
        {job && !isRunning && <Imported job={job} />}
        {job && job.state !== 'queued' && <JobLog id={job.id} isRunning={isRunning} />}
        {hasLabels && (
          <p>
            <a class="button" href={`/api/cameras/${camera.id}/export`} download>
              Export all labelled pictures
            </a>
          </p>
        )}
      </div>
    </details>
  )
}

/** For whoever has the token of an admin, where ajar is installed. */
function importLine(camera: string): string {
  return `AJAR_ADMIN_TOKEN=TOKEN npm run import -- ${camera} FOLDER --server ${location.origin}`
}

/** What came of the last import. */
function Imported({ job }: { job: JobBody<ImportResult> }) {
  const { state, result, error } = job
  if (state !== 'done' || !result)
    return (
      <p class="hint wrong">
        The last import {state === 'failed' ? `failed: ${importFault(error)}.` : 'was cancelled.'}
      </p>
    )
  const { imported, labelled, duplicates, skipped, skippedCount = skipped.length } = result
  return (
    <>
      <p class="outcome good" role="status">
        {counted(imported, 'picture')} imported, {labelled} labelled
        {duplicates > 0 && `, ${duplicates} were there already`}
        {skippedCount > 0 && `, ${skippedCount} skipped`}.
      </p>
      {skipped.length > 0 && (
        <ul class="skipped" aria-label="Skipped files">
          {skipped.map(({ file, reason }) => (
            <li key={file}>
              <strong>{file}</strong>: {reason}
            </li>
          ))}
          {skippedCount > skipped.length && <li>and {skippedCount - skipped.length} more</li>}
        </ul>
      )}
    </>
  )
}
