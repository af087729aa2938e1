import type { ResultBody } from '../../api/bodies.ts'
import type { DetailsBody } from '../../api/sensor-bodies.ts'
import { percent } from '../../design/words.ts'

interface SaidOfOneProps {
  result: Pick<ResultBody, 'state' | 'confidence'> & { best?: string | null; details?: DetailsBody | null }
  /** 0..1: below it the reading is `unknown`. */
  threshold: number
}

/** What a model says of one reading: each of its parts, all together, and where states are numbers, which it is on average. */
export function SaidOfOne({ result: { state, best = null, confidence, details }, threshold }: SaidOfOneProps) {
  const { fused, ...parts } = details?.estimators ?? {}
  const all = fused ?? { state: best ?? state, confidence: confidence ?? 0 }
  return (
    <dl class="facts">
      {Object.entries(parts).map(([name, said]) => (
        <div key={name}>
          <dt>By {name}</dt>
          <dd>
            {said.state}, {percent(said.confidence)}
          </dd>
        </div>
      ))}
      <div>
        <dt>{Object.keys(parts).length > 1 ? 'Together' : 'It says'}</dt>
        <dd>
          {all.state}, {percent(all.confidence)}
          {all.confidence < threshold && <small> (below {Math.round(threshold * 100)}&nbsp;%: unknown)</small>}
        </dd>
      </div>
      <OnAverage details={details} />
    </dl>
  )
}

/** Where one state is as good as certain, a mean of states says nothing more. */
function OnAverage({ details }: { details: DetailsBody | null | undefined }) {
  const { expected, interval } = details ?? {}
  if (expected == null || !interval) return null
  const digits = interval.high - interval.low < 10 ? 1 : 0
  const [mean, low, high] = [expected, interval.low, interval.high].map((value) => value.toFixed(digits))
  if (low === high) return null
  return (
    <div>
      <dt>On average</dt>
      <dd>
        {mean}, between {low} and {high} <small>in 90 of 100 cases</small>
      </dd>
    </div>
  )
}
