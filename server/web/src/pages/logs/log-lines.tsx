import { useEffect, useRef } from 'preact/hooks'
import { Moment } from '../../design/elements.tsx'
import { timeOfDay } from '../../design/words.ts'
import { detailsOf, type Entry, frameAddress, gapText, isLine, type LogLine } from './line.ts'

/** So near to the end one is looking at what comes. Pixels. */
const NEAR_END = 40

/** Lines, the newest at the end; it stays in sight until somebody looks further up. */
export function LogLines({ entries }: { entries: readonly Entry[] }) {
  const box = useRef<HTMLDivElement>(null)
  const followsEnd = useRef(true)
  useEffect(() => {
    if (box.current && followsEnd.current) box.current.scrollTop = box.current.scrollHeight
  }, [entries])
  const look = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: { currentTarget: HTMLElement }) => {
    followsEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END
  }
  return (
    <div
      class="lines card"
      role="log"
      aria-live="off"
      aria-label="Lines of the log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
      tabIndex={0}
      ref={box}
      onScroll={look}
    >
      {entries.length === 0 && <p class="hint">No line matches, or none was written yet.</p>}
      <ol>
        {entries.map((entry) =>
          isLine(entry) ? (
            <Line key={entry.id} line={entry} />
          ) : (
            <li key={entry.id} class="gap">
              {gapText(entry)}
            </li>
          ),
        )}
      </ol>
    </div>
  )
}

function Line({ line }: { line: LogLine }) {
  const { at, level, component, message, frame, error } = line
  const details = detailsOf(line)
  return (
    <li class={`line ${level}`}>
      <Moment at={Date.parse(at)}>{timeOfDay(Date.parse(at))}</Moment>
      <span class="level">{level}</span>
      <span class="component">{component}</span>
      <span class="said">
        {message} {frame !== null && <a href={frameAddress(frame)}>{frame}</a>} <span class="details">{details}</span>
        {error !== null && <pre>{error}</pre>}
      </span>
    </li>
  )
}
