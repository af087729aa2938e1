import type { DetailsBody, SensorSource } from '../../api/sensor-bodies.ts'
import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { Age } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { duration, percent, reasonInWords } from '../../design/words.ts'
import { isUntaught, troubleOf } from '../../live/trouble.ts'
import { modelPath } from '../../router/route.ts'

interface SaidProps {
  /** `device/sensor` */
  id: string
  source: SensorSource
  /** Of the newest result. */
  details: DetailsBody | null
}

/** The state that the readings say, how sure that is, and what each estimator says. */
export function Said({ id, source, details }: SaidProps) {
  const { live } = useConsole()
  const now = live.camera(id)?.value
  if (!now) return null
  const { states, state } = source
  const trouble = troubleOf(now, clock.value, live.devices.value)
  const isUnknown = now.state === 'unknown' && (trouble === null || isUntaught(now))
  const say = roundedWithin(details?.interval)
  const confidence = now.result?.state === now.state ? now.result.confidence : state.confidence
  return (
    <>
      <p class="large-state">
        <StateBadge state={now.state} states={states} confidence={confidence} />
      </p>
      {details?.expected != null && (
        <p class="expected">
          Most likely <strong>{say(details.expected)}</strong>
          {details.interval && (
            <>
              , between {say(details.interval.low)} and {say(details.interval.high)} in 90 of 100 cases
            </>
          )}
        </p>
      )}
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
        {Object.entries(details?.estimators ?? {}).map(([name, said]) => (
          <>
            <dt key={name}>{name === 'fused' ? 'All parts' : `By ${name}`}</dt>
            <dd>
              {said.state} {percent(said.confidence)}
            </dd>
          </>
        ))}
        <dt>Model</dt>
        <dd>{now.model === null ? 'none yet' : <a href={modelPath(now.model)}>{now.model}</a>}</dd>
      </dl>
    </>
  )
}

/** As fine as what is known of it. */
function roundedWithin(interval: DetailsBody['interval']): (value: number) => string {
  const digits = interval && interval.high - interval.low < 10 ? 1 : 0
  return (value) => value.toFixed(digits)
}
