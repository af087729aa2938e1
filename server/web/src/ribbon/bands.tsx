import { stateMark } from '../design/state-badge.tsx'
import type { Segment } from '../live/segments.ts'
import { bandsOf, heightOf, type Span } from './band.ts'
import './bands.css'

interface BandsProps {
  segments: Segment[]
  states: string[]
  span: Span
  /** What it shows, for those who do not see it. */
  label: string
}

/** States over time as bands: each state has a colour and a height, `unknown` is hatched, and where no frames came it is plain. */
export function Bands({ segments, states, span, label }: BandsProps) {
  return (
    <svg class="bands" role="img" aria-label={label}>
      {bandsOf(segments, span).map(({ left, width, segment }) => {
        const height = heightOf(segment.state, states)
        return (
          <rect
            key={segment.from}
            data-state={stateMark(segment.state, states)}
            x={share(left)}
            width={share(width)}
            y={share(1 - height)}
            height={share(height)}
          />
        )
      })}
    </svg>
  )
}

/** The hatching of `unknown`, once for all bands of the page. */
export function Hatching() {
  return (
    <svg class="hatching" width="0" height="0" aria-hidden="true">
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" class="ground" />
          <rect width="2" height="6" class="line" />
        </pattern>
      </defs>
    </svg>
  )
}

const share = (fraction: number) => `${(fraction * 100).toFixed(3)}%`
