import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { List } from '../../api/bodies.ts'
import { get, send } from '../../api/client.ts'
import type { DetailsBody, SensorSource, TakenReading } from '../../api/sensor-bodies.ts'
import { modelName } from '../../models/words.ts'
import { listOf } from './numbers.ts'
import { SaidOfOne } from './said-of-one.tsx'

interface SaidNowProps {
  /** `device/sensor` */
  id: string
  reading: TakenReading
  source: SensorSource
}

interface SaidBody {
  state: string
  confidence: number
  probabilities: Record<string, number>
  details: DetailsBody | null
}

/** What the active model says of a reading that came before it. */
export function SaidNow({ id, reading, source: { model, vector, threshold } }: SaidNowProps) {
  const said = useSignal<SaidBody | null>(null)
  useEffect(() => {
    const ending = new AbortController()
    const ask = async () => {
      // As it was looked at: with those before it, the newest last.
      const query = { to: Date.parse(reading.capturedAt) + 1, limit: vector?.window ?? 1 }
      const { items } = await get<List<TakenReading>>(`/api/sensors/${id}/readings`, query, ending.signal)
      const readings = items.map(({ value }) => listOf(value)).toReversed()
      const answer = await send<SaidBody>('POST', `/api/sensors/${id}/classify`, { readings })
      if (!ending.signal.aborted) said.value = answer
    }
    void ask().catch(() => {}) // the label can be corrected without it
    return () => ending.abort()
  }, [id, reading.id, model])
  if (said.value === null || model === null) return null
  const { state, confidence, probabilities, details } = said.value
  const [best] = Object.entries(probabilities).sort(([, one], [, other]) => other - one)
  return (
    <section class="of-one" aria-labelledby="said-now">
      <h3 id="said-now">What {modelName(model)} says of it now</h3>
      <SaidOfOne result={{ state, best: best?.[0] ?? null, confidence, details }} threshold={threshold} />
    </section>
  )
}
