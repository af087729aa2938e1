import { MAX_AHEAD_MS } from '../capture-time.ts'
import type { FrameId, StoredFrame } from '../database/frames/frame-store.ts'
import type { Source } from '../devices/source.ts'
import type { Medium } from './medium.ts'
import { type IncomingReading, judgeReading } from './reading.ts'
import { COLLISION } from './vector.ts'

export interface SetUpPorts {
  /** What the sensor read at that time (milliseconds UTC) while nobody was asked about it, as JSON; null: nothing. */
  valueAt(sensor: string, at: number): Promise<string | null>
}

/**
 * A reading of a sensor that has states, as long as it may have come before the sensor was set up: such ones are kept
 * elsewhere, and where it is sent again it is the same one. Whether it is, is asked only where its sender says its time.
 */
export function onceOnly(
  vector: Medium<StoredFrame>,
  payload: IncomingReading['payload'],
  { id, createdAt }: Source,
  { valueAt }: SetUpPorts,
): Medium<FrameId> {
  return {
    ...vector,
    async keep(place, giveUpAt) {
      const { capturedAt } = place
      const mayBeOlder = capturedAt !== null && capturedAt <= createdAt + MAX_AHEAD_MS
      const before = mayBeOlder ? await valueAt(id, capturedAt) : null
      if (capturedAt === null || before === null) return vector.keep(place, giveUpAt)
      const judged = judgeReading(payload)
      if ('value' in judged && JSON.stringify(judged.value) === before)
        return { kind: 'duplicate', frame: { camera: id, capturedAt } }
      return { kind: 'refused', flaw: COLLISION, hasId: false }
    },
  }
}
