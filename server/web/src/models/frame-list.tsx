import { useState } from 'preact/hooks'
import { Button } from '../design/elements.tsx'
import { StateBadge } from '../design/state-badge.tsx'
import { fullTime, preciseTime } from '../design/words.ts'
import { capturedAt } from '../live/camera.ts'
import { FrameImage } from '../picture/frame-image.tsx'

const SHOWN_AT_ONCE = 12
const WIDTH = 320

/** A frame, what its label says, and what the model said. */
export interface DoubtfulFrame {
  frame: string
  label: string
  said: string
  /** 0..1 */
  confidence: number
}

interface FrameListProps {
  name: string
  frames: DoubtfulFrame[]
  states: string[]
  /** Where one goes to look at it. */
  pathOf(frame: string): string
  /** Readings have none. */
  hasPictures?: boolean
}

/** Frames on which label and model do not agree, each a link to where one looks closer. */
export function FrameList({ name, frames, states, pathOf, hasPictures = true }: FrameListProps) {
  const [most, setMost] = useState(SHOWN_AT_ONCE)
  return (
    <div class="doubtful">
      <ul aria-label={name}>
        {frames.slice(0, most).map(({ frame, label, said, confidence }) => (
          <li key={frame}>
            <a href={pathOf(frame)}>
              {hasPictures ? (
                <FrameImage frame={frame} width={WIDTH} alt={`Frame of ${momentOf(frame)}`} loading="lazy" />
              ) : (
                <span>{preciseTime(capturedAt(frame) ?? 0)}</span>
              )}
              <span>
                label <StateBadge state={label} states={states} />
              </span>
              <span>
                model <StateBadge state={said} states={states} confidence={confidence} />
              </span>
            </a>
          </li>
        ))}
      </ul>
      {frames.length > most && (
        <Button onClick={() => setMost(most + SHOWN_AT_ONCE)}>
          {Math.min(SHOWN_AT_ONCE, frames.length - most)} more of {frames.length}
        </Button>
      )}
    </div>
  )
}

function momentOf(frame: string): string {
  const at = capturedAt(frame) ?? 0
  return fullTime(at)
}
