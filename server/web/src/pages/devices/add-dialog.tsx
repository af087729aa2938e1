import { useState } from 'preact/hooks'
import { send } from '../../api/client.ts'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Field } from '../../design/elements.tsx'
import type { Credential } from './addresses.ts'
import { deviceFault } from './fault.ts'

interface AddDialogProps {
  onClose(): void
  onAdded(credential: Credential): void
}

/** A device by its name; the server answers with its credential. */
export function AddDialog({ onClose, onAdded }: AddDialogProps) {
  const [name, setName] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const add = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      onAdded(await send<Credential>('POST', '/api/devices', { name: name.trim() }))
    } catch (refused) {
      setError(deviceFault(refused))
      setBusy(false)
    }
  }
  return (
    <Dialog title="Add a device" onClose={onClose}>
      <form class="form" onSubmit={(event) => void add(event)}>
        <Field
          label="Name"
          error={error}
          hint="As you call the Pi or board: small letters, digits and hyphens, such as front-door or garage-2."
        >
          {(ids) => (
            <input
              {...ids}
              value={name}
              required
              autoFocus
              maxLength={32}
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          )}
        </Field>
        <DialogActions action="Add" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
