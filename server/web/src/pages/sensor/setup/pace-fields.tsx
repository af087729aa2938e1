import type { Signal } from '@preact/signals'
import { NumberField } from '../../camera/number-field.tsx'

interface PaceFieldsProps {
  debounce: Signal<number>
  /** Seconds. */
  staleAfter: Signal<number>
  /** What the server said against a field, or null. */
  wrong(field: 'debounce' | 'staleAfterMs'): string | null
}

/** How soon a sensor's state changes, and how soon it is unknown: its own, also where it asks another's model. */
export function PaceFields({ debounce, staleAfter, wrong }: PaceFieldsProps) {
  return (
    <>
      <NumberField
        label="Readings that must agree"
        hint="So many in a row change the state."
        error={wrong('debounce')}
        value={debounce}
        max={1000}
      />
      <NumberField
        label="Unknown after silence, seconds"
        hint="When no reading came for so long."
        error={wrong('staleAfterMs')}
        value={staleAfter}
        max={86_400}
        step="any"
      />
    </>
  )
}
