import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { get } from '../../api/client.ts'
import type { PairBody, UsabilityBody } from '../../api/sensor-bodies.ts'
import { StateBadge } from '../../design/state-badge.tsx'
import { percent } from '../../design/words.ts'

interface UsabilityProps {
  /** `device/sensor` */
  id: string
  /** Those with labelled readings. */
  named: string[]
  /** All, for their colours. */
  states: string[]
  /** Labelled readings; another number is another verdict. */
  labelled: number
}

/** One who holds the door is not to wait for what the next hold makes old. */
const QUIET_MS = 1000
const CLASSES = { apart: 'apart', close: 'close', 'not told apart': 'alike', 'not known': 'few' } as const

/** Whether training is worth it, before any: each state against each other. */
export function Usability({ id, named, states, labelled }: UsabilityProps) {
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
  }, [id, labelled])
  if (fault.value !== null) return <p class="hint wrong">{fault.value}</p>
  if (body.value === null) return <p class="hint">Comparing the states …</p>
  const { usable, verdict, pairs } = body.value
  return (
    <div class="usable" aria-busy={isOld.value}>
      <p class={usable ? 'outcome good' : 'outcome held'} role="status">
        <strong>{usable ? 'Usable' : 'Not usable yet'}</strong>: {verdict.replaceAll('`', '')}.
      </p>
      {named.length > 1 && <Against pairs={pairs} named={named} states={states} />}
      <p class="hint">
        How far two states are told apart, on labelled readings of a time that was not learned from: 0 % is a guess, 100
        % is each one.{isOld.value && ' Labels came meanwhile: comparing anew …'}
      </p>
    </div>
  )
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
