import { useState } from 'preact/hooks'
import { CopyText } from '../../design/copy-text.tsx'
import { Dialog } from '../../design/dialog.tsx'
import { Button } from '../../design/elements.tsx'
import { LeaveUncopied } from '../../design/leave-uncopied.tsx'

interface SecretDialogProps {
  /** Of the rule. */
  name: string
  secret: string
  onClose(): void
}

/** The secret by which a receiver knows that a message is from this server, shown this once. */
export function SecretDialog({ name, secret, onClose }: SecretDialogProps) {
  const [copied, setCopied] = useState(false)
  const [leaving, setLeaving] = useState(false)
  const onCopyByHand = () => String(getSelection()).includes(secret) && setCopied(true)
  return (
    <>
      <Dialog
        title={`The webhook’s secret: ${name}`}
        onClose={onClose}
        onBeforeClose={copied ? null : () => setLeaving(true)}
      >
        <div class="form" onCopy={onCopyByHand}>
          <p>
            It is shown <strong>this once</strong>. Give it to the receiver: every message is signed with it, as
            Standard Webhooks says, so that nobody else can send one.
          </p>
          <CopyText label="Secret" text={secret} autoFocus onCopied={() => setCopied(true)} />
          <footer class="dialog-actions">
            <Button kind="main" onClick={copied ? onClose : () => setLeaving(true)}>
              Done
            </Button>
          </footer>
        </div>
      </Dialog>
      {leaving && (
        <LeaveUncopied onStay={() => setLeaving(false)} onLeave={onClose}>
          The secret was not copied, and is not shown again. A new one can be made where the rule is changed.
        </LeaveUncopied>
      )}
    </>
  )
}
