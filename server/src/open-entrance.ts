import { cameraId } from '@ajar/protocol'
import type { FrameId, FrameStore } from './database/frames/frame-store.ts'
import { FirstLength } from './devices/first-length.ts'
import type { Source, Sources } from './devices/sources.ts'
import { Entrance, type EntrancePorts } from './ingest/entrance.ts'
import type { Arrived } from './ingest/ingest.ts'
import type { Ingested, Medium, Refusal } from './ingest/medium.ts'
import type { StoredReading } from './ingest/vector.ts'
import type { Log } from './logging/levels.ts'
import type { Metrics } from './observe/metrics.ts'
import type { Settings } from './settings.ts'

export interface EntranceParts
  extends Pick<EntrancePorts, 'blacken' | 'write' | 'valueAt' | 'recordRefusal' | 'enqueue'> {
  settings: Pick<Settings, 'maxFrameBytes'>
  frames: FrameStore
  sources: Sources
  metrics: Pick<Metrics, 'framesIngested' | 'readingsIngested'>
  logOf(component: 'ingest'): Log
  /** Told of each reading of a sensor with states that is newly stored. */
  onStored?(reading: StoredReading): void
  /** Told of each reading of a sensor with states that was refused. */
  onRefusedReading?(source: string): void
  /** Told of each that is stored and goes on its way. */
  onTaken(): void
  onRefused(kind: Medium['kind'], refusal: Refusal): void
}

/** Where frames and readings come in, with the parts that it needs; each is logged and counted. */
export function openEntrance(parts: EntranceParts): Entrance {
  const { settings, frames, sources, onStored = () => {} } = parts
  const { blacken, write, valueAt, recordRefusal, enqueue } = parts
  const lengths = new FirstLength(sources)
  const followed = (sensor: Source) => sensor.follows ?? sensor.id
  return new Entrance({
    ...{ blacken, write, valueAt, recordRefusal, enqueue, onStored },
    now: () => Date.now(),
    nameNow: (ref) => sources.nameNow(ref),
    find: (source) => sources.find(source),
    isBeingDeleted: (source, medium) =>
      medium === 'value' ? sources.areReadingsBeingDeleted(source) : sources.isBeingDeleted(source),
    store: (one, giveUpAt) => frames.put(one, giveUpAt),
    ensureCamera: async (ref) => (await sources.ensure(ref)) !== null,
    viewOf: (sensor) => sources.find(followed(sensor))?.vector ?? null,
    fixLength: (sensor, length) => lengths.fix(followed(sensor), length),
    onIngested: (...ingested) => onIngested(parts, ...ingested),
    maxFrameBytes: settings.maxFrameBytes,
  })
}

function onIngested(parts: EntranceParts, kind: Medium['kind'], arrived: Arrived, ingested: Ingested<FrameId>) {
  const { metrics, logOf, sources } = parts
  const [noun, counter] =
    kind === 'frame' ? (['frame', metrics.framesIngested] as const) : (['reading', metrics.readingsIngested] as const)
  logOf('ingest').debug(ingestedLine(arrived, ingested), `${noun} ${ingested.kind}`)
  if (ingested.kind !== 'given_up') counter.inc({ outcome: ingested.kind })
  if (ingested.kind === 'stored' && kind !== 'value') parts.onTaken()
  if (ingested.kind !== 'refused') return
  parts.onRefused(kind, ingested.refusal)
  const { device, name } = arrived
  if (kind === 'vector') parts.onRefusedReading?.(cameraId(sources.nameNow({ device, camera: name })))
}

/** What an operator who follows one of them reads of its arrival. The sender's names are judged by then, or shown cut. */
function ingestedLine({ device, name, time }: Arrived, ingested: Ingested<FrameId>): object {
  if (ingested.kind === 'refused') return { frame: ingested.refusal.frame, code: ingested.refusal.code }
  if (ingested.kind === 'given_up') return { frame: [device, name, time].filter(Boolean).join('/') }
  const { camera, capturedAt } = ingested.frame
  return {
    frame: `${camera}/${capturedAt}`,
    ...('size' in ingested.frame ? { bytes: ingested.frame.size } : {}),
  }
}
