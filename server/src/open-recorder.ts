import type { Events } from './database/events.ts'
import type { FrameStore } from './database/frames/frame-store.ts'
import type { StateDatabase } from './database/state-database.ts'
import type { Sources } from './devices/sources.ts'
import type { Medium, Refusal } from './ingest/medium.ts'
import type { Log } from './logging/levels.ts'
import type { Metrics } from './observe/metrics.ts'
import { Recorder } from './record/recorder.ts'
import type { RecorderPorts } from './record/recorder-ports.ts'
import type { Settings } from './settings.ts'

export interface RecorderParts
  extends Pick<RecorderPorts, 'publish' | 'joined' | 'factsOf' | 'isConnected' | 'isBusy'> {
  settings: Pick<Settings, 'influxUrl'>
  followUp: RecorderPorts['followUp']
  logOf(component: 'record'): Log
  database: StateDatabase
  events: Events
  frames: FrameStore
  sources: Sources
  metrics: Pick<Metrics, 'transitions' | 'framesRecorded' | 'pipeline' | 'frameAge' | 'latency'>
  /** Told of each that has gone the whole way. */
  onEnded(): void
  /** Told of what turned out to be unusable when it was looked at. */
  onRefused(kind: Medium['kind'], refusal: Omit<Refusal, 'key'>): void
}

/** The recorder, with the parts that it needs; what it records is logged and counted. */
export function openRecorder(parts: RecorderParts): Recorder {
  const { settings, logOf, database, events, frames, sources, metrics, publish, isConnected, isBusy } = parts
  const { followUp, joined, factsOf } = parts
  const log = logOf('record')
  return new Recorder({
    ...{ database, events, publish, isConnected, isBusy },
    ...(followUp ? { followUp } : {}),
    ...(joined ? { joined } : {}),
    ...(factsOf ? { factsOf } : {}),
    now: () => Date.now(),
    camera: (id) => sources.judged(id),
    finish: (done) => void frames.finish(done).catch(() => {}), // closed: they are found recorded at the next start
    influx: settings.influxUrl !== null,
    onTransition: (camera, { from_state, to_state, reason, confidence, at, frame_at }) => {
      metrics.transitions.inc({ camera, state: to_state })
      const frame = frame_at === null ? {} : { frame: `${camera}/${frame_at}` }
      const details = {
        camera,
        ...frame,
        confidence: confidence === null ? null : Number(confidence.toFixed(3)),
        ...(reason === null ? {} : { reason }),
        at: new Date(at).toISOString(),
      }
      log.info(details, `${camera}: ${from_state} -> ${to_state}`)
    },
    onRecorded: (outcome, { frame, answer }) => {
      const id = `${frame.camera}/${frame.capturedAt}`
      log.debug({ frame: id, outcome }, 'frame recorded')
      // An imported picture is one that nobody skipped for want of time or room; it has not gone the way of frames.
      if (answer.kind !== 'skipped' || answer.code !== 'imported') parts.onEnded()
      metrics.framesRecorded.inc({ outcome: (answer.kind === 'skipped' && answer.code) || outcome })
      metrics.pipeline.observe((Date.now() - frame.receivedAt) / 1000)
      if (answer.kind !== 'skipped') metrics.frameAge.observe((Date.now() - frame.capturedAt) / 1000)
      if (answer.kind === 'predicted') metrics.latency.observe(answer.latencyMs / 1000)
      if (answer.kind !== 'refused') return
      const { code, reason } = answer
      parts.onRefused('frame', { device: frame.camera.split('/')[0] ?? '', frame: id, code, reason })
    },
    onHeld: (why) => (why ? log.error({ why }, 'state.db takes nothing; trying again') : log.info('state.db works')),
    onFault: (what, error) =>
      log.error({ err: error }, `${what} cannot be recorded; this is a fault of ajar, please report it`),
  })
}
