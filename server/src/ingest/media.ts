import type { FrameId, StoredFrame } from '../database/frames/frame-store.ts'
import type { Source } from '../devices/source.ts'
import { type FramePorts, ofFrame } from './frame.ts'
import type { Medium } from './medium.ts'
import type { IncomingReading } from './reading.ts'
import { onceOnly, type SetUpPorts } from './set-up.ts'
import { ofValue, type ValuePorts } from './value.ts'
import { ofVector, type VectorPorts } from './vector.ts'

export interface MediaPorts extends FramePorts, VectorPorts, ValuePorts, SetUpPorts {
  find(source: string): Source | null
}

/** The medium of a frame. */
export function mediumOfFrame(jpeg: Uint8Array, source: string, ports: MediaPorts): Medium<StoredFrame> {
  return ofFrame(jpeg, source, ports)
}

/** The medium of a reading: that of a sensor with states is asked about, any other is only kept. */
export function mediumOfReading(
  payload: IncomingReading['payload'],
  source: string,
  ports: MediaPorts,
): Medium<FrameId> {
  const sensor = ports.find(source)
  if (sensor?.kind !== 'sensor') return ofValue(payload, ports)
  return onceOnly(ofVector(payload, sensor, ports), payload, sensor, ports)
}
