import type { LanguageBody } from '../../api/program-bodies.ts'
import { Button, Field } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { type Draft, type LabCase, withCases } from './draft.ts'

interface OptionsProps {
  language: LanguageBody
  draft: Draft
  onEdit(next: (draft: Draft) => Draft): void
}

const EMPTY: LabCase = { arguments: '', expected: '' }
const MOST_CASES = 50
const plain = { autocapitalize: 'none', autocomplete: 'off', spellcheck: false } as const

/** What is told to the compiler and to the program, and what the program has to print. */
export function Options({ language, draft, onEdit }: OptionsProps) {
  const { cases, switches } = draft
  return (
    <>
      <details class="more" open={draft.arguments !== '' || Object.values(switches).some((text) => text !== '')}>
        <summary>Arguments, switches, name</summary>
        <div class="beside">
          <Field label="Arguments" hint="As in a shell; it is the file cli.txt.">
            {(ids) => (
              <input
                {...ids}
                {...plain}
                value={draft.arguments}
                onInput={({ currentTarget: { value } }) => onEdit((now) => ({ ...now, arguments: value }))}
              />
            )}
          </Field>
          {language.switches.map((tool) => (
            <Field key={tool} label={`${tool} switches`} hint="With blanks between them, such as -O2 -g.">
              {(ids) => (
                <input
                  {...ids}
                  {...plain}
                  value={switches[tool] ?? ''}
                  onInput={({ currentTarget: { value } }) =>
                    onEdit((now) => ({ ...now, switches: { ...now.switches, [tool]: value } }))
                  }
                />
              )}
            </Field>
          ))}
          <Field label="Name" hint="Of the project that is downloaded.">
            {(ids) => (
              <input
                {...ids}
                {...plain}
                maxLength={60}
                value={draft.name}
                onInput={({ currentTarget: { value } }) => onEdit((now) => ({ ...now, name: value }))}
              />
            )}
          </Field>
        </div>
      </details>
      {language.modes.includes('submit') && (
        <details class="more" open={cases.length > 0}>
          <summary>Cases{cases.length > 0 && `: ${cases.length}`}</summary>
          <p class="hint">
            With the mode submit the program is run once for each case, with the arguments of that; a case passes where
            the program ends with exit status 0 and has printed what is expected. Blanks around a line do not count, and
            the end of a line counts as one blank. The cases are the file lab_io.txt, which numbers them from 0.
          </p>
          {cases.map((one, number) => (
            <Case
              key={number}
              number={number}
              value={one}
              onChange={(changed) =>
                onEdit((now) => ({ ...now, cases: now.cases.map((it, place) => (place === number ? changed : it)) }))
              }
              onRemove={() =>
                onEdit((now) =>
                  withCases(
                    now,
                    now.cases.filter((_, place) => place !== number),
                    language,
                  ),
                )
              }
            />
          ))}
          {cases.length < MOST_CASES ? (
            <Button onClick={() => onEdit((now) => withCases(now, [...now.cases, EMPTY], language))}>Add a case</Button>
          ) : (
            <p class="hint">There are {counted(MOST_CASES, 'case')}: no more fit.</p>
          )}
        </details>
      )}
    </>
  )
}

interface CaseProps {
  number: number
  value: LabCase
  onChange(value: LabCase): void
  onRemove(): void
}

function Case({ number, value, onChange, onRemove }: CaseProps) {
  return (
    <div class="case">
      <Field label={`Arguments of case ${number}`}>
        {(ids) => (
          <input
            {...ids}
            {...plain}
            value={value.arguments}
            onInput={({ currentTarget }) => onChange({ ...value, arguments: currentTarget.value })}
          />
        )}
      </Field>
      <Field label={`What case ${number} prints`}>
        {(ids) => (
          <textarea
            {...ids}
            {...plain}
            rows={2}
            value={value.expected}
            onInput={({ currentTarget }) => onChange({ ...value, expected: currentTarget.value })}
          />
        )}
      </Field>
      <Button kind="quiet" aria-label={`Remove case ${number}`} onClick={onRemove}>
        Remove
      </Button>
    </div>
  )
}
