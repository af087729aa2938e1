import type { FrameId } from '../src/database/frames/frame-store.ts'
import { ingest } from '../src/ingest/ingest.ts'
import type { Ingested } from '../src/ingest/medium.ts'
import type { IncomingReading } from '../src/ingest/reading.ts'
import { ofValue } from '../src/ingest/value.ts'
import type { Readings } from '../src/record/readings.ts'

/** Takes readings in as the pipeline does those of sensors without states: judged, and then kept by `readings`. */
export function takingInto(readings: Readings): (reading: IncomingReading) => Promise<Ingested<FrameId>> {
  const ports = { now: () => Date.now(), isBeingDeleted: () => false, recordRefusal: async () => {} }
  return (reading) => {
    const { device, sensor, payload } = reading
    const medium = ofValue(payload, { write: (judged) => readings.record(judged) })
    return ingest({ ...reading, name: sensor }, { device, camera: sensor }, medium, ports)
  }
}

/** What became of a reading, in a word or with the code of its refusal. */
export function wordOf(ingested: Ingested<FrameId>): string | { code: string; reason: string } {
  return ingested.kind === 'refused' ? ingested.refusal : ingested.kind
}
