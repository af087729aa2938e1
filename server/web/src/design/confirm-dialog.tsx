import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Dialog, DialogActions } from './dialog.tsx'
import { Field } from './elements.tsx'

interface ConfirmDialogProps {
  title: string
  /** What the button says. */
  action: string
  /** Must be typed before it can be pressed; null asks for no word. */
  word: string | null
  onClose(): void
  onConfirm(): Promise<void>
  /** Why it was not done, and what to do. */
  inWords?(error: unknown): string
  children: ComponentChildren
}

/** Asks before something is done that cannot be taken back. */
export function ConfirmDialog({
  title,
  action,
  word,
  onClose,
  onConfirm,
  inWords = said,
  children,
}: ConfirmDialogProps) {
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const confirm = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      await onConfirm()
    } catch (refused) {
      setError(inWords(refused))
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(event) => void confirm(event)}>
        {children}
        {word !== null && (
          <Field label={`Type ${word} to confirm`}>
            {(ids) => (
              <input
                {...ids}
                value={typed}
                autoFocus
                autocapitalize="none"
                autocomplete="off"
                spellcheck={false}
                onInput={({ currentTarget }) => setTyped(currentTarget.value)}
              />
            )}
          </Field>
        )}
        {error !== null && (
          <p class="hint wrong" role="alert">
            {error}
          </p>
        )}
        <DialogActions
          action={action}
          kind="danger"
          busy={busy}
          disabled={word !== null && typed !== word}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
