import { useMemo } from 'preact/hooks'
import type { BucketBody } from '../api/history-bodies.ts'
import { stateMark } from '../design/state-badge.tsx'
import type { Span } from './band.ts'
import { pilesOf } from './pile.ts'
import './bands.css'

interface PilesProps {
  buckets: BucketBody[]
  /** Of a bucket, in milliseconds. */
  width: number
  states: string[]
  span: Span
  /** What it shows, for those who do not see it. */
  label: string
}

/** How much of each stretch of time each state took, where changes are too many to be drawn one by one. */
export function Piles({ buckets, width, states, span, label }: PilesProps) {
  const pieces = useMemo(
    () =>
      pilesOf(buckets, width, span, states).map((piece) => (
        <rect
          key={`${piece.left}/${piece.state}`}
          data-state={stateMark(piece.state, states)}
          x={part(piece.left)}
          width={part(piece.width)}
          y={part(piece.top)}
          height={part(piece.height)}
        />
      )),
    [buckets, width, states, span],
  )
  return (
    <svg class="bands piles" role="img" aria-label={label}>
      {pieces}
    </svg>
  )
}

const part = (fraction: number) => `${(fraction * 100).toFixed(3)}%`
