import { stateMark } from '../../design/state-badge.tsx'
import type { Part } from '../sensor/numbers.ts'

interface PartsPlotProps {
  parts: Part[]
  /** What readings look like on average in states of the door. */
  behind: { state: string; parts: Part[] }[]
  states: string[]
  /** Says whose numbers they are. */
  label: string
}

const [WIDTH, HEIGHT, MARGIN] = [160, 60, 4]
const NAMES: Record<string, string> = { value: 'Numbers', amplitude: 'Amplitude', phase: 'Phase, rad' }

/** A reading as a small plot for each of its parts, before the means of the door's states, with its ends named. */
export function PartsPlot({ parts, behind, states, label }: PartsPlotProps) {
  return (
    <div class="parts-plot">
      {parts.map((part, index) => {
        const means = behind.flatMap(({ state, parts: of }) => {
          const numbers = of[index]?.numbers
          return numbers?.length === part.numbers.length ? [{ state, numbers }] : []
        })
        const range = rangeOf([part.numbers, ...means.map(({ numbers }) => numbers)])
        return (
          <figure key={part.name}>
            <figcaption>
              {NAMES[part.name] ?? part.name}
              <small>
                {range.low.toPrecision(3)} to {range.high.toPrecision(3)}
              </small>
            </figcaption>
            <svg
              viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
              preserveAspectRatio="none"
              role="img"
              aria-label={`${label}, ${NAMES[part.name] ?? part.name}`}
            >
              {means.map(({ state, numbers }) => (
                <path
                  key={state}
                  d={pathOf(numbers, range)}
                  style={{ stroke: `var(--state-${stateMark(state, states)})` }}
                  vector-effect="non-scaling-stroke"
                />
              ))}
              <path class="own" d={pathOf(part.numbers, range)} vector-effect="non-scaling-stroke" />
            </svg>
            <small class="ends" aria-hidden="true">
              <span>1</span>
              <span>{part.numbers.length}</span>
            </small>
          </figure>
        )
      })}
    </div>
  )
}

interface Range {
  low: number
  high: number
}

function rangeOf(lines: (number | null)[][]): Range {
  const range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }
  for (const line of lines)
    for (const number of line) {
      if (number === null) continue
      range.low = Math.min(range.low, number)
      range.high = Math.max(range.high, number)
    }
  return range.low <= range.high ? range : { low: 0, high: 0 }
}

/** For `d` of a path: broken where there is no number. */
function pathOf(numbers: (number | null)[], { low, high }: Range): string {
  const last = Math.max(1, numbers.length - 1)
  let isBroken = true
  return numbers
    .map((number, i) => {
      const move = isBroken ? 'M' : 'L'
      isBroken = number === null
      if (number === null) return ''
      const y = (high > low ? (high - number) / (high - low) : 0.5) * (HEIGHT - 2 * MARGIN) + MARGIN
      return `${move}${((i / last) * WIDTH).toFixed(1)},${y.toFixed(1)}`
    })
    .join('')
}
