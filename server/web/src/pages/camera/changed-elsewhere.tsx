import { Button } from '../../design/elements.tsx'
import type { Draft } from './draft.ts'

interface ChangedElsewhereProps<T extends object> {
  draft: Draft<T>
  /** What its fields are called. */
  names: { [K in keyof T]: string }
}

/** Asks which of two is meant, where the same was changed here and elsewhere. */
export function ChangedElsewhere<T extends object>({ draft, names }: ChangedElsewhereProps<T>) {
  const clashes = draft.clashes.value
  if (clashes.length === 0) return null
  return (
    <div class="changed-elsewhere" role="alert">
      <p class="reason">Changed elsewhere while you edited: {clashes.map((field) => names[field]).join(', ')}.</p>
      <div class="buttons">
        <Button onClick={() => draft.takeTheirs()}>Take what was set there</Button>
        <Button onClick={() => draft.keepMine()}>Keep mine</Button>
      </div>
    </div>
  )
}
