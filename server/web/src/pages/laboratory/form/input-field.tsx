import type { InputBody } from '../../../api/laboratory-bodies.ts'
import { Field } from '../../../design/elements.tsx'
import { isNumber } from './draft.ts'
import { JsonField } from './json-field.tsx'

interface InputFieldProps {
  input: InputBody
  text: string
  error: string | null
  onChange(text: string): void
}

/** The control of a number, a text, a choice or JSON that an operation asks for. */
export function InputField({ input, text, error, onChange }: InputFieldProps) {
  if (input.format === 'json') return <JsonField {...{ input, text, error, onChange }} />
  const { name, description, options, required = true } = input
  const hint = [description, boundsOf(input), required ? '' : 'It may be left empty.'].filter(Boolean).join(' ')
  if (input.type === 'select')
    return (
      <Field label={name} hint={hint} error={error}>
        {(ids) => (
          <select
            {...ids}
            required={required}
            value={text}
            onChange={({ currentTarget }) => onChange(currentTarget.value)}
          >
            {(text === '' || !required) && <option value="">{required ? 'Choose one' : 'as usual'}</option>}
            {options?.map((option) => (
              <option key={option} value={option}>
                {option}
              </option>
            ))}
          </select>
        )}
      </Field>
    )
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement }) => onChange(currentTarget.value)
  return (
    <Field label={name} hint={hint} error={error}>
      {(ids) =>
        isNumber(input) ? (
          <input
            {...ids}
            type="number"
            step={input.type === 'int' ? 1 : 'any'}
            min={input.minimum}
            max={input.maximum}
            required={required}
            value={text}
            onInput={onInput}
          />
        ) : (
          <input
            {...ids}
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
            required={required}
            value={text}
            onInput={onInput}
          />
        )
      }
    </Field>
  )
}

/** `0 to 255.` */
function boundsOf({ type, minimum, maximum }: InputBody): string {
  if ((type !== 'int' && type !== 'float') || (minimum === undefined && maximum === undefined)) return ''
  if (minimum === undefined) return `At most ${maximum}.`
  return maximum === undefined ? `At least ${minimum}.` : `${minimum} to ${maximum}.`
}
