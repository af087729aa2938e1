import type { CameraRef } from '@ajar/protocol'
import type { FrameId, NewFrame, StoredFrame } from '../database/frames/frame-store.ts'
import type { Source } from '../devices/source.ts'
import { type FramePorts, ofFrame } from './frame.ts'
import type { Ingested } from './ingest.ts'
import type { Flaw, IncomingReading } from './reading.ts'
import { onceOnly, type SetUpPorts } from './set-up.ts'
import { ofValue, type ValuePorts } from './value.ts'
import { ofVector, type VectorPorts } from './vector.ts'

/** Of when it is, and when it came; milliseconds UTC. */
export type Place = Pick<NewFrame, 'camera' | 'capturedAt' | 'receivedAt' | 'dup'>

/** What became of it when it was to be kept. */
export type Kept<Known extends FrameId> =
  | Exclude<Ingested<Known>, { kind: 'refused' }>
  /** @property hasId whether its id is its own, so that the refusal can stand under it */
  | { kind: 'refused'; flaw: Flaw; hasId: boolean }

/** One frame or reading on its way in: how it is judged, where it is kept, and what follows. */
export interface Medium<Known extends FrameId = FrameId> {
  kind: 'frame' | 'vector' | 'value'
  /** Bytes that came. */
  size: number
  /** Whether each of them has a row that says how it ended, also one that is refused. */
  hasRows: boolean
  /** What is wrong with it by itself; looks for microseconds only. */
  judge(): Flaw | null
  /** Makes sure that there is a source which takes it. */
  admit(ref: CameraRef): Promise<Flaw | null>
  /** Durable when it resolves; waits while the disk refuses, until `giveUpAt` (milliseconds UTC). */
  keep(place: Place, giveUpAt: number | null): Promise<Kept<Known>>
}

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
