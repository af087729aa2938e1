import { useState } from 'preact/hooks'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Field } from '../../design/elements.tsx'
import { type Faults, faultsOf, NO_FAULTS } from './faults.ts'

interface NameDialogProps {
  title: string
  action: string
  /** As it is now. */
  name: string
  onClose(): void
  /** @throws ApiError */
  onNamed(name: string): Promise<void>
}

const LONGEST = 200

/** Asks for the name of a data session. */
export function NameDialog({ title, action, name, onClose, onNamed }: NameDialogProps) {
  const [typed, setTyped] = useState(name)
  const [faults, setFaults] = useState<Faults>(NO_FAULTS)
  const [busy, setBusy] = useState(false)
  const keep = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      await onNamed(typed.trim())
    } catch (error) {
      setFaults(faultsOf(error, ['name']))
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(event) => void keep(event)}>
        <Field
          label="Name"
          hint="What it is about: you find it again by this."
          error={faults.fields.name ?? faults.rest}
        >
          {(ids) => (
            <input
              {...ids}
              autoFocus
              required
              maxLength={LONGEST}
              autocomplete="off"
              value={typed}
              onInput={({ currentTarget }) => setTyped(currentTarget.value)}
            />
          )}
        </Field>
        <DialogActions action={action} busy={busy} disabled={typed.trim() === ''} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
