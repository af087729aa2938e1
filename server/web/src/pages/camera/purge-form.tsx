import { useSignal } from '@preact/signals'
import type { CameraBody, JobBody } from '../../api/bodies.ts'
import { get, queryText, send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button, Field } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { JobProgress } from '../../jobs/job-progress.tsx'

/** What lies in a span, as it was when somebody asked to remove it. */
interface Contents {
  from: number
  to: number
  frames: number
  labelled: number
}

/** Removes the frames of a span, with their results and labels, for good: says how many these are, and asks. */
export function PurgeForm({ camera }: { camera: CameraBody }) {
  const from = useSignal('')
  const to = useSignal('')
  const asked = useSignal<Contents | null>(null)
  const job = useSignal<string | null>(null)
  const { busy, fault, run } = useAction()
  const path = `/api/cameras/${camera.id}/frames`
  const ask = async (event: Event) => {
    event.preventDefault()
    await run(async () => {
      const span = { from: Date.parse(from.value), to: Date.parse(to.value) }
      asked.value = { ...span, ...(await get<Omit<Contents, 'from' | 'to'>>(path, span)) }
    })
  }
  const purge = (span: Contents) =>
    run(async () => {
      job.value = (await send<JobBody>('DELETE', path + queryText({ from: span.from, to: span.to }))).id
      asked.value = null
    })
  const change = (field: { value: string }, text: string) => {
    field.value = text
    asked.value = null
  }
  const error = fault.value?.message ?? null
  return (
    <form onSubmit={ask}>
      <div class="side-by-side">
        <Moment label="From" value={from.value} error={error} onChange={(text) => change(from, text)} />
        <Moment label="To, not included" value={to.value} error={null} onChange={(text) => change(to, text)} />
      </div>
      {asked.value === null ? (
        <Button type="submit" busy={busy.value} disabled={!(Date.parse(from.value) < Date.parse(to.value))}>
          Remove these frames …
        </Button>
      ) : (
        <Confirm
          contents={asked.value}
          busy={busy.value}
          onConfirm={() => void purge(asked.value as Contents)}
          onCancel={() => {
            asked.value = null
          }}
        />
      )}
      {job.value !== null && <JobProgress key={job.value} id={job.value} done="Removed." />}
    </form>
  )
}

interface ConfirmProps {
  contents: Contents
  busy: boolean
  onConfirm(): void
  onCancel(): void
}

function Confirm({ contents: { frames, labelled }, busy, onConfirm, onCancel }: ConfirmProps) {
  return (
    <div class="confirm" role="alert">
      <p>
        {counted(frames, 'frame')} with results and transitions, {labelled} of them labelled, will be gone for good.
        What comes in meanwhile goes too.
      </p>
      <div class="buttons">
        <Button kind="danger" busy={busy} onClick={onConfirm}>
          Remove {counted(frames, 'frame')} for good
        </Button>
        <Button kind="quiet" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  )
}

interface MomentProps {
  label: string
  value: string
  error: string | null
  onChange(value: string): void
}

function Moment({ label, value, error, onChange }: MomentProps) {
  return (
    <Field label={label} error={error}>
      {(ids) => (
        <input
          {...ids}
          type="datetime-local"
          step="1"
          required
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
