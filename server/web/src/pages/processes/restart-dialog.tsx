import { useState } from 'preact/hooks'
import { send } from '../../api/client.ts'
import { Dialog, DialogActions } from '../../design/dialog.tsx'

interface RestartDialogProps {
  name: string
  onClose(): void
  onOrdered(): void
}

/** Asks before a process is ended: what it is at begins anew. */
export function RestartDialog({ name, onClose, onOrdered }: RestartDialogProps) {
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const restart = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      await send('POST', `/api/processes/${name}/restart`)
      onOrdered()
    } catch (refused) {
      setError(refused instanceof Error ? refused.message : String(refused))
      setBusy(false)
    }
  }
  return (
    <Dialog title={`Restart ${name}`} onClose={onClose}>
      <form class="form" onSubmit={(event) => void restart(event)}>
        {name === 'server' ? (
          <p>
            The console and all devices lose their connection for a moment and come back by themselves. Nothing that was
            acknowledged is lost.
          </p>
        ) : (
          <p>It ends in order and starts again. A training that it does begins anew.</p>
        )}
        {error !== null && (
          <p class="hint wrong" role="alert">
            {error}
          </p>
        )}
        <DialogActions action="Restart" kind="danger" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
