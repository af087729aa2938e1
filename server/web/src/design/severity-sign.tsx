import type { Severity } from '../api/alert-bodies.ts'
import './severity.css'

/** How grave it is: a word, a colour, and a mark of its own shape for those who see no colours. */
export function SeveritySign({ severity }: { severity: Severity }) {
  return (
    <span class={`severity ${severity}`}>
      <span class="severity-mark" aria-hidden="true" />
      {severity}
    </span>
  )
}
