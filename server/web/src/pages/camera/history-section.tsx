import { useSignal } from '@preact/signals'
import type { CameraBody } from '../../api/bodies.ts'
import type { BucketBody } from '../../api/history-bodies.ts'
import { Button } from '../../design/elements.tsx'
import { fullTime, utc } from '../../design/words.ts'
import { capturedAt } from '../../live/camera.ts'
import { LENGTHS, lengthOf } from '../../ribbon/span.ts'
import type { ChosenFrame } from './chosen-frame.ts'
import { ConfidenceFacts } from './confidence-facts.tsx'
import { ConfidenceLine } from './confidence-line.tsx'
import { Downloads } from './downloads.tsx'
import type { History } from './history.ts'
import { Legend } from './legend.tsx'
import { isTooFine } from './past.ts'
import { Ribbon } from './ribbon.tsx'
import './history.css'

interface HistorySectionProps {
  camera: Pick<CameraBody, 'id' | 'device' | 'camera' | 'states' | 'threshold'>
  history: History
  chosen: ChosenFrame
  onPick(at: number): void
  /** What was classified, or joined; only frames can be downloaded here. */
  shot?: 'frame' | 'reading' | 'moment'
}

const CLOSER = 0.5

/** States and confidence over a span that one chooses. */
export function HistorySection({ camera, history, chosen, onPick, shot = 'frame' }: HistorySectionProps) {
  const pointed = useSignal<BucketBody | string | null>(null)
  const span = history.span.value
  const past = history.past.value
  const middle = span.from + lengthOf(span) / 2
  const pickLeast = ({ confidence }: BucketBody) => {
    if (confidence) chosen.show(confidence.minFrame)
  }
  return (
    <section class="history card" aria-labelledby="history">
      <header>
        <h2 id="history">History</h2>
        <fieldset class="moves" aria-label="Move and zoom">
          <Button
            kind="quiet"
            aria-label="Earlier"
            title="As long a span before"
            disabled={!history.hasEarlier}
            onClick={() => history.move(-1)}
          >
            ←
          </Button>
          <Button
            kind="quiet"
            aria-label="Later"
            title="As long a span after"
            disabled={history.follows.value}
            onClick={() => history.move(1)}
          >
            →
          </Button>
          <Button kind="quiet" aria-label="Closer" onClick={() => history.zoom(CLOSER, middle)}>
            +
          </Button>
          <Button kind="quiet" aria-label="Farther" onClick={() => history.zoom(1 / CLOSER, middle)}>
            −
          </Button>
        </fieldset>
        <fieldset class="lengths" aria-label="Span">
          {LENGTHS.map(({ name, ms }) => (
            <Button
              key={name}
              kind="quiet"
              aria-pressed={history.showsLatest(ms)}
              onClick={() => history.showLatest(ms)}
            >
              {name}
            </Button>
          ))}
        </fieldset>
      </header>
      <p class="span" title={`${utc(span.from)} – ${utc(span.to)}`}>
        {fullTime(span.from)} – {history.follows.value ? 'now' : fullTime(span.to)}
      </p>
      {history.failed.value !== null && (
        <p class="reason" role="alert">
          {(history.failed.value as Error).message}
        </p>
      )}
      <Ribbon
        history={history}
        states={camera.states}
        shownAt={capturedAt(chosen.frame.value)}
        onPick={onPick}
        onPoint={(said) => {
          pointed.value = said
        }}
      />
      <ConfidenceLine
        past={past}
        span={span}
        threshold={camera.threshold}
        onPoint={(bucket) => {
          pointed.value = bucket
        }}
        onPick={pickLeast}
      />
      <ConfidenceFacts past={past} pointed={pointed.value} onPick={pickLeast} />
      <Legend states={camera.states} past={past} shots={`${shot}s`} />
      {isTooFine(past) && (
        <p class="how">Too many changes to draw each: a colour is as high as its share of the results.</p>
      )}
      <p class="how for-mouse">
        Drag to look closer, or turn the wheel with Ctrl held or after a click; click to see the {shot}.
      </p>
      <p class="how for-fingers">Drag to move, two fingers look closer; tap to see the {shot}.</p>
      {shot === 'frame' && <Downloads camera={camera} history={history} />}
    </section>
  )
}
