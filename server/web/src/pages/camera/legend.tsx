import type { TimeInStateBody } from '../../api/history-bodies.ts'
import { StateBadge } from '../../design/state-badge.tsx'
import { duration, shares, times } from '../../design/words.ts'
import type { Past } from './past.ts'

interface LegendProps {
  states: string[]
  past: Past
  /** What is classified, as `frames`. */
  shots: string
}

/** What the colours of the ribbon say, and how much of the span each state took: `open 3 % · 42 times`. */
export function Legend({ states, past, shots }: LegendProps) {
  const known = new Map(past.times.map((one) => [one.state, one]))
  // Before its first result nothing is said of any.
  const timeIn = (state: string) => known.get(state) ?? (known.size === 0 ? null : { state, seconds: 0, entered: 0 })
  // States that it cannot be in any more, but was.
  const gone = past.times.map(({ state }) => state).filter((state) => state !== 'unknown' && !states.includes(state))
  const { from, to } = past.span
  // Of what was seen: the span may begin long before the camera.
  const length = to - Math.max(from, past.since ?? from)
  const names = [...states, ...gone, 'unknown']
  const said = new Map(
    shares(names.map((state) => partOf(timeIn(state), length))).map((text, index) => [names[index], text]),
  )
  return (
    <ul class="legend" aria-label="Time in each state">
      {[...states, ...gone].map((state) => (
        <li key={state}>
          <StateBadge state={state} states={states} />
          <TimeIn time={timeIn(state)} length={length} said={said.get(state)} />
        </li>
      ))}
      <li>
        <StateBadge state="unknown" states={states} />
        <TimeIn time={timeIn('unknown')} length={length} said={said.get('unknown')} />
        <small>no state was earned</small>
      </li>
      <li class="silent">
        <small>no {shots}, unknown too</small>
      </li>
    </ul>
  )
}

const partOf = (time: TimeInStateBody | null, length: number) =>
  time && length > 0 ? Math.min(1, (time.seconds * 1000) / length) : 0

interface TimeInProps {
  time: TimeInStateBody | null
  length: number
  said: string | undefined
}

function TimeIn({ time, length, said }: TimeInProps) {
  if (!time) return null
  const { seconds, entered } = time
  return (
    <span class="time-in" title={`${duration(seconds * 1000)} of ${duration(length)}`}>
      {said}
      {entered > 0 && ` · ${times(entered)}`}
    </span>
  )
}
