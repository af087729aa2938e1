import type { Signal } from '@preact/signals'
import { Field } from '../../design/elements.tsx'

interface NumberFieldProps {
  label: string
  hint: string
  error: string | null
  value: Signal<number>
  max: number
  step?: 'any'
}

/** A number that an operator sets. */
export function NumberField({ label, hint, error, value, max, step }: NumberFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          required
          min={1}
          max={max}
          step={step}
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.valueAsNumber
          }}
        />
      )}
    </Field>
  )
}
