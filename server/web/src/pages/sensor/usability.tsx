import { useEffect } from 'preact/hooks'
import type { PairBody, UsabilityBody } from '../../api/sensor-bodies.ts'
import { StateBadge } from '../../design/state-badge.tsx'
import { counted, percent } from '../../design/words.ts'
import { useAnswer } from '../../use-answer.ts'

interface UsabilityProps {
  /** `device/sensor` */
  id: string
  states: string[]
  /** Labelled readings; another number is another verdict. */
  labelled: number
}

const VERDICTS: Record<UsabilityBody['verdict'], string> = {
  usable: 'The states can be told apart',
  partly: 'Some states can be told apart',
  unusable: 'The states cannot be told apart',
  few: 'Too few labelled readings to say',
}
const PAIRS: Record<PairBody['verdict'], string> = { apart: 'apart', close: 'close', alike: 'alike', few: 'few' }

/** Whether training is worth it, before any: each state against each other. */
export function Usability({ id, states, labelled }: UsabilityProps) {
  const { body, fault, load } = useAnswer<UsabilityBody>(`/api/sensors/${id}/usability`)
  useEffect(() => void load(), [labelled])
  if (fault.value !== null && body.value === null) return <p class="hint">{(fault.value as Error).message}</p>
  if (body.value === null) return <p class="hint">Comparing the states …</p>
  const { verdict, words, advice, pairs, perState } = body.value
  const named = states.filter((state) => (perState[state] ?? 0) > 0)
  return (
    <>
      <p class={`outcome ${verdict === 'usable' ? 'good' : 'held'}`}>
        <strong>{VERDICTS[verdict]}.</strong> {words}
      </p>
      {advice.length > 0 && (
        <ul class="advice">
          {advice.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      )}
      {named.length > 1 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
        <section class="against" tabIndex={0} aria-label="How well each state is told from each other">
          <table>
            <thead>
              <tr>
                <td />
                {named.slice(0, -1).map((state) => (
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
                  {named.slice(0, -1).map((other, column) => (
                    <td key={other} class={column > row ? undefined : pairOf(pairs, one, other)?.verdict}>
                      {column <= row && <Pair pair={pairOf(pairs, one, other)} />}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {named.length > 1 && (
        <p class="hint">
          How often two states are told from each other, on labelled readings of a time that was not learned from: 50 %
          is a guess. {counted(body.value.readings, 'labelled reading')}.
        </p>
      )}
    </>
  )
}

function Pair({ pair }: { pair: PairBody | undefined }) {
  if (!pair) return <small>–</small>
  return (
    <>
      {pair.separation !== null && percent(pair.separation)} <small>{PAIRS[pair.verdict]}</small>
    </>
  )
}

function pairOf(pairs: PairBody[], one: string, other: string): PairBody | undefined {
  return pairs.find((pair) => (pair.one === one && pair.other === other) || (pair.one === other && pair.other === one))
}
