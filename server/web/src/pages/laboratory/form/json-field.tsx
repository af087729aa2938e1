import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { InputBody } from '../../../api/laboratory-bodies.ts'
import { Field } from '../../../design/elements.tsx'

interface JsonFieldProps {
  input: Pick<InputBody, 'name' | 'description' | 'required'>
  text: string
  error: string | null
  onChange(text: string): void
}

const MOST_ROWS = 10

/** A value that is written as JSON: it is said at once that it is none, for the server cannot say where. */
export function JsonField({ input, text, error, onChange }: JsonFieldProps) {
  const { name, description, required = true } = input
  const area = useRef<HTMLTextAreaElement>(null)
  // Nobody is told so while still typing.
  const [left, setLeft] = useState(false)
  const fault = faultOfJson(text)
  useLayoutEffect(() => area.current?.setCustomValidity(fault ?? ''), [fault])
  const hint = [description, required ? '' : 'It may be left empty.'].filter(Boolean).join(' ')
  return (
    <Field label={name} hint={hint} error={left && fault !== null ? fault : error}>
      {(ids) => (
        <textarea
          {...ids}
          ref={area}
          class="json"
          rows={Math.min(MOST_ROWS, Math.max(2, text.split('\n').length))}
          autocapitalize="none"
          spellcheck={false}
          required={required}
          value={text}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
          onBlur={() => setLeft(true)}
          onFocus={() => setLeft(false)}
        />
      )}
    </Field>
  )
}

/** What is wrong with a text that is to be JSON, in words; null where nothing is, or nothing stands there. */
export function faultOfJson(text: string): string | null {
  if (text.trim() === '') return null
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}. Texts and names stand in "double quotes".`
  }
}
