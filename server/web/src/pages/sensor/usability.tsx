import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { get } from '../../api/client.ts'
import type { PairBody, UsabilityBody, VectorView } from '../../api/sensor-bodies.ts'
import { StateBadge } from '../../design/state-badge.tsx'
import { counted, percent } from '../../design/words.ts'

interface UsabilityProps {
  /** `device/sensor` */
  id: string
  /** Those with labelled readings. */
  named: string[]
  /** All, for their colours. */
  states: string[]
  /** Labelled readings; another number is another verdict. */
  labelled: number
  /** How a reading is looked at; another one is another verdict. */
  view: VectorView | null
}

/** One who holds the door is not to wait for what the next hold makes old. */
const QUIET_MS = 200
const CLASSES = { apart: 'apart', close: 'close', 'not told apart': 'alike', 'not known': 'few' } as const

/** Whether training is worth it, before any: each state against each other. */
export function Usability({ id, named, states, labelled, view }: UsabilityProps) {
  const body = useSignal<UsabilityBody | null>(null)
  const fault = useSignal<string | null>(null)
  const isOld = useSignal(false)
  useEffect(() => {
    const ending = new AbortController()
    isOld.value = true
    const asking = setTimeout(() => {
      get<UsabilityBody>(`/api/sensors/${id}/usability`, {}, ending.signal).then(
        (answer) => {
          body.value = answer
          fault.value = null
          isOld.value = false
        },
        (error) => {
          if (!ending.signal.aborted) fault.value = (error as Error).message
        },
      )
    }, QUIET_MS)
    return () => {
      clearTimeout(asking)
      ending.abort()
    }
  }, [id, labelled, JSON.stringify(view)])
  if (fault.value !== null) return <p class="hint wrong">{fault.value}</p>
  if (body.value === null) return <p class="hint">Comparing the states …</p>
  const { verdict, pairs, window } = body.value
  const { title, isGood } = titleOf(body.value)
  return (
    <div class="usable" aria-busy={isOld.value}>
      {isOld.value ? (
        <p class="outcome old" role="status">
          <strong>Comparing anew …</strong> Labels or settings changed since it was said: {title.toLowerCase()}.
        </p>
      ) : (
        <p class={isGood ? 'outcome good' : 'outcome held'} role="status">
          <strong>{title}</strong>: {verdict.replaceAll('`', '')}.
        </p>
      )}
      {named.length > 1 && <Against pairs={pairs} named={named} states={states} />}
      <p class="hint">
        How well two states are told apart, on labelled readings of a time that was not learned from: at 0&nbsp;% it is
        a guess, at 100&nbsp;% every reading gets the right one.{' '}
        {window === 1 ? 'Each reading was looked at alone' : `Looked at were ${counted(window, 'reading')} at a time`} (
        <button type="button" class="link" onClick={toLook}>
          Readings in one look
        </button>
        , below).
      </p>
    </div>
  )
}

/** What is close can be told, with mistakes: it is not said in green. */
function titleOf({ grade, pairs }: UsabilityBody): { title: string; isGood: boolean } {
  if (grade !== 'usable') return { title: grade === 'partly' ? 'Partly usable' : 'Not usable yet', isGood: false }
  const isGood = pairs.every(({ words }) => words === 'apart')
  return { title: isGood ? 'Usable' : 'Usable, with mistakes', isGood }
}

/** The field stands a page further down. */
function toLook() {
  document.querySelector<HTMLElement>('#look input')?.focus()
}

interface AgainstProps extends Pick<UsabilityProps, 'named' | 'states'> {
  pairs: PairBody[]
}

function Against({ pairs, named, states }: AgainstProps) {
  const columns = named.slice(0, -1)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
    <section class="against" tabIndex={0} aria-label="How well each state is told from each other">
      <table>
        <thead>
          <tr>
            <td />
            {columns.map((state) => (
              <th key={state} scope="col">
                {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {named.slice(1).map((one, row) => (
            <tr key={one}>
              <th scope="row">
                <StateBadge state={one} states={states} />
              </th>
              {columns.slice(0, row + 1).map((other) => (
                <Pair key={other} pair={pairs.find(isOf(one, other))} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Pair({ pair }: { pair: PairBody | undefined }) {
  if (!pair) return <td>–</td>
  const { value, words } = pair
  return (
    <td class={CLASSES[words]}>
      {value !== null && percent(value)} <small>{words}</small>
    </td>
  )
}

const isOf = (one: string, other: string) => (pair: PairBody) =>
  (pair.a === one && pair.b === other) || (pair.a === other && pair.b === one)
