import { isName, topics } from '@ajar/protocol'
import type { SparingLog } from '../logging/sparing-log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Medium, Refusal } from './medium.ts'

interface Ports {
  metrics: Pick<Metrics, 'framesRefused' | 'readingsRefused'>
  sparingLog: SparingLog
  /** Not retained. The broker may close before the last of them: it is logged and counted all the same. */
  publish(topic: string, payload: object): void
}

/** Counts, logs and tells the device of what cannot be used (guarantee 6). */
export function reportRefusal(
  kind: Medium['kind'],
  { device, frame, code, reason }: Omit<Refusal, 'key'>,
  { metrics, sparingLog, publish }: Ports,
) {
  const isFrame = kind === 'frame'
  const noun = isFrame ? 'frame' : 'reading'
  const counter = isFrame ? metrics.framesRefused : metrics.readingsRefused
  const said = { [noun]: frame, code, reason }
  counter.inc({ code })
  sparingLog.warn(`${noun} ${code}`, said, `${noun} refused`)
  if (isName(device)) publish(topics.rejected(device), said)
}
