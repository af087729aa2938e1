import { useId } from 'preact/hooks'
import { Field } from '../../design/elements.tsx'
import { DurationField } from './duration-field.tsx'
import type { Names } from './names.ts'
import { type Entry, type Param, plainly } from './params.ts'

interface ParamFieldProps {
  param: Param
  entry: Entry
  names: Names
  /** What the rule is about; empty: each there is. */
  subject: string
  error: string | null
  onChange(entry: Entry): void
}

/** The control of one thing that a kind of rule lets one set. */
export function ParamField({ param, entry, names, subject, error, onChange }: ParamFieldProps) {
  const { label, hint, control, empty } = param
  const proposals = useId()
  if (control.as === 'check')
    return (
      <div class="field">
        <label class="check">
          <input
            type="checkbox"
            checked={entry === true}
            onChange={({ currentTarget }) => onChange(currentTarget.checked)}
          />
          {label}
        </label>
        <p class={error === null ? 'hint' : 'hint wrong'}>{error ?? hint}</p>
      </div>
    )
  if (control.as === 'choices')
    return (
      <Choices
        {...{ param, error, onChange }}
        options={control.of === 'health' ? names.checks : control.options}
        chosen={Array.isArray(entry) ? entry : []}
      />
    )
  const text = String(entry)
  if (control.as === 'duration')
    return <DurationField {...{ label, hint, error, onChange }} entry={text} required={empty === 'forbidden'} />
  const isRequired = empty === 'forbidden'
  const options = control.as === 'choice' ? control.options : control.as === 'state' ? names.statesOf(subject) : []
  // A state that no camera has yet can be typed where there is none at all.
  if (options.length > 0)
    return (
      <Field label={label} hint={hint} error={error}>
        {(ids) => (
          <select
            {...ids}
            required={isRequired}
            value={text}
            onChange={({ currentTarget }) => onChange(currentTarget.value)}
          >
            {(!isRequired || text === '') && <option value="">{isRequired ? 'Choose one' : 'any'}</option>}
            {[...new Set(text === '' ? options : [...options, text])].map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
      </Field>
    )
  if (control.as === 'number')
    return (
      <Field label={label} hint={hint} error={error}>
        {(ids) => (
          <input
            {...ids}
            type="number"
            required={isRequired}
            step={control.isWhole && control.factor === 1 ? 1 : 'any'}
            min={control.min}
            max={control.max}
            value={text}
            onInput={({ currentTarget }) => onChange(currentTarget.value)}
          />
        )}
      </Field>
    )
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <>
          <input
            {...ids}
            required={isRequired}
            value={text}
            list={control.as === 'sensor' ? proposals : undefined}
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => onChange(currentTarget.value)}
          />
          {control.as === 'sensor' && (
            <datalist id={proposals}>
              {names.sensorsOf(subject).map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  )
}

interface ChoicesProps {
  param: Param
  options: string[]
  chosen: string[]
  error: string | null
  onChange(entry: string[]): void
}

function Choices({ param: { label, hint }, options, chosen, error, onChange }: ChoicesProps) {
  const about = useId()
  return (
    <fieldset class="choices" aria-describedby={about}>
      <legend>{label}</legend>
      <div>
        {[...new Set([...options, ...chosen])].map((one) => (
          <label key={one} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              onChange={({ currentTarget }) =>
                onChange(currentTarget.checked ? [...chosen, one] : chosen.filter((other) => other !== one))
              }
            />
            {plainly(one)}
          </label>
        ))}
      </div>
      <p id={about} class={error === null ? 'hint' : 'hint wrong'} role={error === null ? undefined : 'alert'}>
        {error ?? hint}
      </p>
    </fieldset>
  )
}
