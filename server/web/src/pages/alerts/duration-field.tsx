import { Field } from '../../design/elements.tsx'
import { partsOf, UNITS } from './durations.ts'

interface DurationFieldProps {
  label: string
  hint: string
  /** `10 min` */
  entry: string
  required: boolean
  error: string | null
  onChange(entry: string): void
}

/** How long: a number, and what it is in. */
export function DurationField({ label, hint, entry, required, error, onChange }: DurationFieldProps) {
  const { number, unit } = partsOf(entry)
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <span class="duration">
          <input
            {...ids}
            type="number"
            required={required}
            min={0}
            step="any"
            value={number}
            onInput={({ currentTarget }) => onChange(`${currentTarget.value} ${unit}`)}
          />
          <select
            aria-label={`${label}: unit`}
            value={unit}
            onChange={({ currentTarget }) => onChange(`${number} ${currentTarget.value}`)}
          >
            {UNITS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </span>
      )}
    </Field>
  )
}
