import type { Signal } from '@preact/signals'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Button } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'

/** As the server takes names. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
const MOST = 32

interface StatesListProps {
  states: Signal<string[]>
  /** As the server has them: one that was removed here can be put back. */
  kept: string[]
  /** What stands in the field for another one. */
  added: Signal<string>
  error: string | null
}

/** The states a camera can be in, in an order of the operator's: colours go by it. */
export function StatesList({ states, kept, added, error }: StatesListProps) {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const list = states.value
  const flaw = flawOf(added.value, list)
  // What was typed is neither dropped nor sent as it is: the form is not submitted.
  useEffect(() => field.current?.setCustomValidity(flaw ? `${flaw} Or clear this field.` : ''), [flaw])
  const add = () => {
    if (added.value === '' || flaw) return
    states.value = [...list, added.value]
    added.value = ''
  }
  const raise = (index: number) => {
    const moved = list[index]
    const before = list[index - 1]
    if (moved && before) states.value = list.with(index - 1, moved).with(index, before)
  }
  return (
    <fieldset class="states">
      <legend>States</legend>
      <ul>
        {list.map((state, index) => (
          <li key={state}>
            <StateBadge state={state} states={list} />
            <span>
              <Button kind="quiet" aria-label={`${state}: earlier`} disabled={index === 0} onClick={() => raise(index)}>
                ↑
              </Button>
              <Button
                kind="quiet"
                aria-label={`Remove ${state}`}
                onClick={() => {
                  states.value = list.filter((other) => other !== state)
                }}
              >
                ✕
              </Button>
            </span>
          </li>
        ))}
        {kept.map(
          (state, index) =>
            !list.includes(state) && (
              <li key={state}>
                <s>{state}</s>
                <Button
                  kind="quiet"
                  aria-label={`Put ${state} back`}
                  onClick={() => {
                    states.value = list.toSpliced(index, 0, state)
                  }}
                >
                  Put back
                </Button>
              </li>
            ),
        )}
      </ul>
      <div class="add">
        <input
          ref={field}
          aria-label="Another state"
          aria-describedby={id}
          placeholder={list.length === 0 ? 'closed' : 'Another state'}
          maxLength={32}
          value={added.value}
          onInput={(event) => {
            added.value = event.currentTarget.value
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || added.value === '') return
            event.preventDefault()
            add()
          }}
        />
        <Button onClick={add} disabled={added.value === '' || flaw !== null}>
          Add
        </Button>
      </div>
      <p id={id} class={`hint ${(error ?? flaw) ? 'wrong' : ''}`}>
        {error ?? flaw ?? 'At least two, such as closed and open.'}
      </p>
    </fieldset>
  )
}

export function flawOf(name: string, states: string[]): string | null {
  if (name === '') return null
  if (!NAME.test(name)) return 'Lower-case letters, digits and hyphens, please.'
  if (name === 'unknown') return 'ajar says unknown itself: choose another name.'
  if (states.includes(name)) return 'There is a state of this name already.'
  return states.length >= MOST ? `There are ${MOST} states already.` : null
}
