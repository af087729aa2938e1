import type { ComponentChildren } from 'preact'
import { ConfirmDialog } from './confirm-dialog.tsx'

interface LeaveUncopiedProps {
  /** What is lost, and what can be done about it. */
  children: ComponentChildren
  onStay(): void
  onLeave(): void
}

/** Asks whether a secret that is shown once may go although nobody has copied it. */
export function LeaveUncopied({ children, onStay, onLeave }: LeaveUncopiedProps) {
  return (
    <ConfirmDialog
      title="Close without a copy?"
      action="Close all the same"
      word={null}
      onClose={onStay}
      onConfirm={async () => onLeave()}
    >
      <p>{children}</p>
    </ConfirmDialog>
  )
}
