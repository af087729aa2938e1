import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { JobBody } from '../../api/bodies.ts'
import type { ImportResult } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { JobLog } from '../../jobs/job-log.tsx'
import { isOver } from '../../jobs/latest-job.ts'
import { useLatestJob } from '../../jobs/use-latest-job.ts'
import { sendsFile } from '../../upload/send-file.ts'
import { Uploading } from '../../upload/uploading.ts'
import { ZipField } from '../../upload/zip-field.tsx'

interface CsvImportProps {
  /** `device/sensor` */
  id: string
  hasLabels: boolean
  onImported(): void
}

/** Labelled readings from elsewhere, and those of this sensor to take along. */
export function CsvImport({ id, hasLabels, onImported }: CsvImportProps) {
  const { notices } = useConsole()
  const addsStates = useSignal(true)
  const followed = useLatestJob<ImportResult>(id, 'import', onImported)
  const uploading = useMemo(
    () =>
      new Uploading<JobBody<ImportResult>>({
        most: null,
        type: 'csv',
        send: (...file) => {
          const query = addsStates.peek() ? '?states=add' : ''
          return sendsFile<JobBody<ImportResult>>(`/api/sensors/${id}/import${query}`, 'text/csv')(...file)
        },
        onTaken: (job) => followed.follow(job),
      }),
    [followed],
  )
  const isOpen = useSignal(false)
  const job = followed.job.value
  const isRunning = job !== null && !isOver(job)
  useEffect(() => {
    if (isRunning) isOpen.value = true // one that runs is seen after a reload too
  }, [isRunning])
  return (
    <details class="import card" open={isOpen.value} onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>{hasLabels ? 'Import and export' : 'Import labelled readings'}</summary>
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
              label="CSV of labelled readings"
              hint="A column Label, then the numbers of a reading: Label,CH6_mag … CH58_mag,CH6_phase … CH58_phase."
              accept=".csv,text/csv"
            />
            <label class="check">
              <input
                type="checkbox"
                checked={addsStates.value}
                onChange={({ currentTarget }) => (addsStates.value = currentTarget.checked)}
              />{' '}
              Labels of other names become new states
            </label>
          </>
        )}
        {job && !isRunning && <Imported job={job} />}
        {job && job.state !== 'queued' && <JobLog id={job.id} isRunning={isRunning} />}
        {hasLabels && (
          <p>
            <a class="button" href={`/api/sensors/${id}/export`} download>
              Export all labelled readings
            </a>
          </p>
        )}
      </div>
    </details>
  )
}

/** What came of the last import. */
function Imported({ job: { state, result, error } }: { job: JobBody<ImportResult> }) {
  if (state !== 'done' || !result)
    return (
      <p class="hint wrong">
        The last import {state === 'failed' ? `failed: ${error?.message ?? 'its log says why'}.` : 'was cancelled.'}
      </p>
    )
  const { imported, labelled, duplicates, skipped, skippedCount = skipped.length } = result
  return (
    <>
      <p class="outcome good" role="status">
        {counted(imported, 'reading')} imported, {labelled} labelled
        {duplicates > 0 && `, ${duplicates} were there already`}
        {skippedCount > 0 && `, ${skippedCount} skipped`}.
      </p>
      {skipped.length > 0 && (
        <ul class="skipped" aria-label="Skipped lines">
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
