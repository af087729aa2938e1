import { Button } from './elements.tsx'
import type { Notices } from './notices.ts'

/** Notices at the head of the page, read out when they come. */
export function Toasts({ notices }: { notices: Notices }) {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {notices.all.value.map(({ id, tone, text }) => (
        <div key={id} class={`toast ${tone}`}>
          <p>{text}</p>
          <Button kind="quiet" aria-label="Close this notice" onClick={() => notices.close(id)}>
            ✕
          </Button>
        </div>
      ))}
    </div>
  )
}
