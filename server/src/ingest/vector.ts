import { flawOf, lengthOf, plainView, type VectorView } from '@ajar/models'
import type { Reading } from '@ajar/protocol'
import type { NewFrame, PutResult, StoredFrame } from '../database/frames/frame-store.ts'
import type { Source } from '../devices/source.ts'
import type { Medium } from './medium.ts'
import { type Flaw, type IncomingReading, judgeReading } from './reading.ts'

/** A reading that was stored, for whoever waits for readings of its source. */
export interface StoredReading {
  /** Its source, `device/name`. */
  camera: string
  /** Milliseconds UTC. */
  capturedAt: number
  values: readonly number[]
}

export interface VectorPorts {
  /** As of `FramePorts`. */
  store(reading: NewFrame, giveUpAt: number | null): Promise<PutResult>
  enqueue(reading: StoredFrame, bytes: Uint8Array): void
  /** How readings of the sensor are seen; null where nobody said so yet. */
  viewOf(sensor: Source): VectorView | null
  /** Its readings are so long from now on, unless somebody said otherwise meanwhile. Waits while the disk refuses. */
  fixLength(sensor: Source, length: number): Promise<VectorView>
  /** Told of each that is newly stored. */
  onStored(reading: StoredReading): void
}

/**
 * A reading of a sensor that has states: kept in the frames files as a frame is, and asked about. What is kept is its list
 * of numbers as JSON, of a scalar a list of one.
 */
export function ofVector(payload: IncomingReading['payload'], sensor: Source, ports: VectorPorts): Medium<StoredFrame> {
  const judged = judgeReading(payload)
  const values = 'value' in judged ? numbersOf(judged.value) : []
  const bytes = new TextEncoder().encode(JSON.stringify(values))
  const { byteLength } = bytes // they are given away
  return {
    kind: 'vector',
    size: byteLength,
    hasRows: true,
    judge() {
      if ('code' in judged) return judged
      if (values.length === 0) return NO_VECTOR
      const view = ports.viewOf(sensor)
      const reason = flawOf(values, plainView(values.length))
      return lengthFlaw(view, values.length) ?? (reason === null ? null : { code: 'not_a_vector', reason })
    },
    async admit() {
      if (ports.viewOf(sensor)) return null
      return lengthFlaw(await ports.fixLength(sensor, values.length), values.length)
    },
    async keep(place, giveUpAt) {
      const stored = await ports.store({ ...place, jpeg: bytes }, giveUpAt)
      if (stored.kind === 'given_up') return stored
      if (stored.kind === 'collision') return { kind: 'refused', flaw: COLLISION, hasId: false }
      if (stored.kind === 'stored') {
        ports.enqueue(stored.frame, stored.jpeg)
        const { camera, capturedAt } = stored.frame
        ports.onStored({ camera, capturedAt, values })
      }
      return { kind: stored.kind, frame: stored.frame }
    },
  }
}

const NO_VECTOR: Flaw = {
  code: 'not_a_vector',
  reason: 'this sensor has states: its readings are numbers, or lists of 1 to 4096 numbers',
}
export const COLLISION: Flaw = {
  code: 'id_collision',
  reason: 'another value has this time already, and stays: times must rise within a sensor',
}

function numbersOf(value: Reading['value']): number[] {
  if (typeof value === 'string') return []
  return typeof value === 'number' ? [value] : value
}

function lengthFlaw(view: VectorView | null, length: number): Flaw | null {
  if (view === null || lengthOf(view) === length) return null
  const reason = `this sensor reads ${lengthOf(view)} numbers at a time, and these are ${length}: where it reads otherwise from now on, set its vector to null, else set up another sensor`
  return { code: 'wrong_length', reason }
}
