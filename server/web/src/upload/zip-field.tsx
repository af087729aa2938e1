import { useSignal } from '@preact/signals'
import { Button, Field } from '../design/elements.tsx'
import type { Uploading } from './uploading.ts'
import './upload.css'

interface ZipFieldProps<T> {
  uploading: Uploading<T>
  label: string
  hint: string
  /** What the field takes; zips unless told. */
  accept?: string
}

/** A place for a zip: chosen or dropped, sent at once, and how far it has come. */
export function ZipField<T>({ uploading, label, hint, accept = '.zip,application/zip' }: ZipFieldProps<T>) {
  const isOver = useSignal(false)
  const step = uploading.step.value
  const take = (files: FileList | null | undefined) => {
    const [file] = files ?? []
    if (file) void uploading.begin(file)
  }
  if (step.step === 'sending')
    return (
      <div class="upload sending">
        <p role="status">
          Sending {step.name}: {Math.floor(step.sent * 100)} %
        </p>
        <Button onClick={() => uploading.cancel()}>Cancel</Button>
        <progress class="progress" value={step.sent} max={1} aria-label={`Sending ${step.name}`} />
      </div>
    )
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: whoever cannot drop a file chooses it in the field
    <div
      class={isOver.value ? 'upload over' : 'upload'}
      onDragOver={(event) => {
        event.preventDefault()
        isOver.value = true
      }}
      onDragLeave={() => {
        isOver.value = false
      }}
      onDrop={(event) => {
        event.preventDefault()
        isOver.value = false
        take(event.dataTransfer?.files)
      }}
    >
      <Field label={label} hint={hint} error={step.step === 'failed' ? step.message : null}>
        {(ids) => (
          <input
            {...ids}
            type="file"
            accept={accept}
            onChange={({ currentTarget }) => {
              take(currentTarget.files)
              currentTarget.value = '' // so that the same one can be chosen again
            }}
          />
        )}
      </Field>
    </div>
  )
}
