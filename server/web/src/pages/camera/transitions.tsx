import type { CameraBody } from '../../api/bodies.ts'
import { Moment } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { amount, duration, reasonInWords, timeOfDay } from '../../design/words.ts'
import type { Segment } from '../../live/segments.ts'
import { pictureAddress } from '../../picture/picture-loader.ts'
import type { ChosenFrame } from './chosen-frame.ts'
import type { History } from './history.ts'
import { changeCount, MOST_CHANGES } from './past.ts'

interface TransitionsProps {
  camera: Pick<CameraBody, 'states'>
  history: History
  chosen: ChosenFrame
  /** Without, where what made a change is no picture. */
  hasPictures?: boolean
}

const PICTURE_WIDTH = 160

/** Changes of state of the span, the newest first. */
export function Transitions({ camera, history, chosen, hasPictures = true }: TransitionsProps) {
  const past = history.past.value
  const { changes } = past
  return (
    <section class="transitions card" aria-labelledby="transitions">
      <header>
        <h2 id="transitions">Transitions</h2>
        <small>
          {changes.length < MOST_CHANGES
            ? changes.length
            : `the newest ${MOST_CHANGES} of ${amount(changeCount(past))}`}
        </small>
      </header>
      {changes.length === 0 && <p class="nothing">The state did not change in this span.</p>}
      <ol>
        {changes.map((change) => (
          <Change key={change.from} change={change} camera={camera} chosen={chosen} hasPictures={hasPictures} />
        ))}
      </ol>
    </section>
  )
}

function Change({
  change,
  camera,
  chosen,
  hasPictures,
}: Omit<TransitionsProps, 'history' | 'hasPictures'> & { change: Segment; hasPictures: boolean }) {
  const { frame, state, reason } = change
  return (
    <li>
      {frame === null || !hasPictures ? (
        hasPictures && <span class="thumbnail" />
      ) : (
        <button
          class="thumbnail"
          type="button"
          aria-label={`Show the frame that made it ${state}`}
          onClick={() => chosen.show(frame)}
        >
          <img src={pictureAddress(frame, PICTURE_WIDTH)} alt="" loading="lazy" width="80" height="45" />
        </button>
      )}
      <div>
        <StateBadge state={state} states={camera.states} />
        {state === 'unknown' && <small>{reasonInWords(reason, hasPictures ? 'frames' : 'readings')}</small>}
        <small>
          {frame === null || hasPictures ? (
            <Moment at={change.from}>{timeOfDay(change.from)}</Moment>
          ) : (
            <button class="link" type="button" onClick={() => chosen.show(frame)}>
              <Moment at={change.from}>{timeOfDay(change.from)}</Moment>
            </button>
          )}
          {Number.isFinite(change.to) ? `, for ${duration(change.to - change.from)}` : ', until now'}
        </small>
      </div>
    </li>
  )
}
