import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { Button } from './elements.tsx'

interface DialogProps {
  title: string
  onClose(): void
  /** Asks instead of closing where something would be lost; closing is up to what it opens. */
  onBeforeClose?: (() => void) | null
  children: ComponentChildren
}

/** A modal dialog: the browser keeps the focus inside, Escape closes it, and the focus returns to where it was. */
export function Dialog({ title, onClose, onBeforeClose = null, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // At once: the next key is for the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    // Also where the dialog is taken away without having been closed; what opened it may go in the same moment.
    return () => queueMicrotask(() => focusOn(before))
  }, [])
  const close = () => (onBeforeClose ?? onClose)()
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={heading}
      // Left to the browser, one Escape may close all dialogs that were opened since the last other key (HTML: close watcher
      // groups): the question with what it asks about.
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return
        event.preventDefault()
        close()
      }}
      onCancel={(event) => {
        if (!onBeforeClose) return
        event.preventDefault()
        onBeforeClose()
      }}
      onClose={() => {
        // Browsers close a dialog that held on to Escape when it is pressed again.
        if (onBeforeClose) dialog.current?.showModal()
        close()
      }}
    >
      <header>
        <h2 id={heading}>{title}</h2>
        <Button kind="quiet" aria-label="Close" onClick={close}>
          ✕
        </Button>
      </header>
      {children}
    </dialog>
  )
}

interface DialogActionsProps {
  /** What the button of the form says. */
  action: string
  kind?: 'main' | 'danger'
  busy: boolean
  disabled?: boolean
  onCancel(): void
}

/** The end of a dialog's form. */
export function DialogActions({ action, kind = 'main', busy, disabled = false, onCancel }: DialogActionsProps) {
  return (
    <footer class="dialog-actions">
      <Button kind="quiet" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" kind={kind} busy={busy} disabled={disabled}>
        {action}
      </Button>
    </footer>
  )
}

/** Where that is gone, the page's heading: from there one goes on as on a page that was just opened. */
function focusOn(place: Element | null) {
  if (place instanceof HTMLElement && place.isConnected && place !== document.body) return place.focus()
  const heading = document.querySelector<HTMLElement>('main :is(h1, h2)')
  if (!heading) return
  heading.tabIndex = -1
  heading.focus()
}
