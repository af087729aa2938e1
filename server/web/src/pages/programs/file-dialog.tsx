import { useEffect, useRef, useState } from 'preact/hooks'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Field } from '../../design/elements.tsx'

interface FileDialogProps {
  title: string
  action: string
  /** As it is now, or its ending. */
  name: string
  flawOf(name: string): string | null
  onClose(): void
  onNamed(name: string): void
}

/** Asks what a file is called. */
export function FileDialog({ title, action, name, flawOf, onClose, onNamed }: FileDialogProps) {
  const [typed, setTyped] = useState(name)
  const [flaw, setFlaw] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  // The part before the ending is what one types.
  useEffect(() => field.current?.setSelectionRange(0, Math.max(0, name.lastIndexOf('.'))), [])
  const take = (event: SubmitEvent) => {
    event.preventDefault()
    const found = flawOf(typed.trim())
    setFlaw(found)
    if (found !== null) return
    onNamed(typed.trim())
    onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={take}>
        <Field label="Name" hint="Its ending says what language it is in." error={flaw}>
          {(ids) => (
            <input
              {...ids}
              ref={field}
              autoFocus
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
              value={typed}
              onInput={({ currentTarget }) => {
                setTyped(currentTarget.value)
                setFlaw(null)
              }}
            />
          )}
        </Field>
        <DialogActions action={action} busy={false} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
