import type { SensorSource, TakenReading } from '../../api/sensor-bodies.ts'
import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { Age } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { duration, reasonInWords } from '../../design/words.ts'
import { isUntaught, troubleOf } from '../../live/trouble.ts'
import { modelPath } from '../../router/route.ts'
import { SaidOfOne } from './said-of-one.tsx'

interface SaidProps {
  /** `device/sensor` */
  id: string
  source: SensorSource
  /** What was said of the newest reading; null before any is. */
  result: TakenReading['result']
}

/** The state that the readings say, since when, and below it what the newest of them says by itself. */
export function Said({ id, source, result }: SaidProps) {
  const { live } = useConsole()
  const now = live.camera(id)?.value
  if (!now) return null
  const { states, threshold, debounce } = source
  const trouble = troubleOf(now, clock.value, live.devices.value)
  const isUnknown = now.state === 'unknown' && (trouble === null || isUntaught(now))
  return (
    <>
      <p class="large-state">
        <StateBadge state={now.state} states={states} />
      </p>
      {trouble !== null && <p class="reason">{trouble}</p>}
      {isUnknown && <p class="reason">{reasonInWords(now.reason, 'readings')}</p>}
      <dl class="facts">
        {now.since !== null && (
          <>
            <dt>For</dt>
            <dd>{duration(Math.max(0, clock.value - now.since))}</dd>
          </>
        )}
        {now.frameAt !== null && (
          <>
            <dt>Reading</dt>
            <dd>
              <Age at={now.frameAt} />
            </dd>
          </>
        )}
        <dt>Model</dt>
        <dd>{now.model === null ? 'none yet' : <a href={modelPath(now.model)}>{now.model}</a>}</dd>
      </dl>
      {result && result.model !== null && (
        <section class="of-one" aria-labelledby="of-one">
          <h3 id="of-one">The newest reading by itself</h3>
          <SaidOfOne result={result} threshold={threshold} />
          <p class="hint">
            The state above changes when {debounce === 1 ? 'one reading says' : `${debounce} in a row say`} the same,
            with {Math.round(threshold * 100)}&nbsp;% or more.
          </p>
        </section>
      )}
    </>
  )
}
