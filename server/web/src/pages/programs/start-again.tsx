import { useState } from 'preact/hooks'
import { ConfirmDialog } from '../../design/confirm-dialog.tsx'
import { Button } from '../../design/elements.tsx'

interface StartAgainProps {
  /** Whether something would be lost. */
  isChanged: boolean
  /** Its title. */
  language: string
  onStart(): void
}

/** Begins anew with the example of the language. */
export function StartAgain({ isChanged, language, onStart }: StartAgainProps) {
  const [asks, setAsks] = useState(false)
  if (!isChanged) return null
  return (
    <>
      <Button kind="quiet" onClick={() => setAsks(true)}>
        Start again
      </Button>
      {asks && (
        <ConfirmDialog
          title={`Start again with the example of ${language}?`}
          action="Start again"
          word={null}
          onClose={() => setAsks(false)}
          onConfirm={async () => {
            onStart()
            setAsks(false)
          }}
        >
          <p>All files of this draft, its arguments and its cases are gone then. Drafts of other languages stay.</p>
        </ConfirmDialog>
      )}
    </>
  )
}
