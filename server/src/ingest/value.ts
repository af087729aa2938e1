import { parseCameraId, type Reading } from '@ajar/protocol'
import type { FrameId } from '../database/frames/frame-store.ts'
import type { Medium } from './medium.ts'
import { type Flaw, type IncomingReading, judgeReading } from './reading.ts'

/** A reading that may be stored, unless its id is taken or its device has too many sensors. */
export interface JudgedReading {
  device: string
  sensor: string
  /** Milliseconds UTC; null: the server mints one. */
  at: number | null
  receivedAt: number
  value: Reading['value']
  /** `value` in one way of writing, by which readings are compared. */
  valueJson: string
}

/** What became of a reading that nobody is asked about; its time, where it is stored. */
export type Written = { kind: 'stored' | 'duplicate'; at: number } | { kind: 'refused'; flaw: Flaw }

export interface ValuePorts {
  /** Durable when it resolves, with all that follows from it; waits while the disk refuses. */
  write(reading: JudgedReading): Promise<Written>
}

/** A reading of a sensor without states, of any kind: it is kept, and that is the end of its way. */
export function ofValue(payload: IncomingReading['payload'], ports: ValuePorts): Medium<FrameId> {
  const judged = judgeReading(payload)
  return {
    kind: 'value',
    size: payload instanceof Uint8Array ? payload.byteLength : 0,
    hasRows: false,
    judge: () => ('code' in judged ? judged : null),
    admit: async () => null, // how many sensors there are is known where they are written
    async keep({ camera, capturedAt: at, receivedAt }) {
      const { device, camera: sensor } = parseCameraId(camera) ?? { device: '', camera: '' }
      const value = 'value' in judged ? judged.value : ''
      const written = await ports.write({ device, sensor, at, receivedAt, value, valueJson: JSON.stringify(value) })
      if (written.kind === 'refused') return { ...written, hasId: false }
      return { kind: written.kind, frame: { camera, capturedAt: written.at } }
    },
  }
}
