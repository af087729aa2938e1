import { isName, parseCameraId, topics } from '@ajar/protocol'
import { Classifier } from './classify/classifier.ts'
import { type ClassifyAnswer, ClassifyPool } from './classify/classify-pool.ts'
import type { ModelRef } from './classify/classify-thread.ts'
import type { Events } from './database/events.ts'
import type { FrameStore } from './database/frames/frame-store.ts'
import type { StateDatabase } from './database/state-database.ts'
import type { Camera, Cameras } from './devices/cameras.ts'
import { type IncomingFrame, type Ingested, ingest, type Refusal } from './ingest/ingest.ts'
import type { Log } from './log.ts'
import type { Metrics } from './observe/metrics.ts'
import { pruneEvents } from './observe/prune-events.ts'
import type { SparingLog } from './observe/sparing-log.ts'
import { InfluxSink } from './record/influx-sink.ts'
import { Recorder } from './record/recorder.ts'
import type { Settings } from './settings.ts'

export interface PipelinePorts {
  settings: Settings
  log: Log
  sparingLog: SparingLog
  database: StateDatabase
  frames: FrameStore
  framesFolder: string
  events: Events
  cameras: Cameras
  metrics: Metrics
  backbone: string
  modelFolder(modelId: string): string
  isConnected(device: string): boolean
  publish(topic: string, payload: object, options: { retain: boolean }): Promise<void>
}

/** One step of a frame's journey through the server. */
interface Step {
  name: 'ingest' | 'classify' | 'record' | 'observe'
  start(): Promise<void> | void
  close(): Promise<void> | void
}

/**
 * The journey of a frame inside the server: ingest -> classify -> record -> observe. Each part is told only the
 * function that takes what it hands on.
 */
export class Pipeline {
  readonly #ports: PipelinePorts
  readonly #pool: ClassifyPool
  readonly #steps: Step[]
  readonly classifier: Classifier
  readonly recorder: Recorder
  readonly influx: InfluxSink | null

  constructor(ports: PipelinePorts) {
    this.#ports = ports
    const { settings, log, database, frames, framesFolder, events, cameras, metrics, backbone } = ports
    const { engine, influxUrl, maxPendingAgeMs } = settings

    this.influx =
      influxUrl &&
      new InfluxSink(database, influxUrl, {
        onTrouble: (why) =>
          why
            ? log.warn({ why }, 'InfluxDB takes no points; they wait in the outbox')
            : log.info('InfluxDB takes points again'),
        onRefused: (why) => log.error({ why }, 'InfluxDB refused points for good'),
        onDropped: (points) => {
          metrics.influxDropped.inc(points)
          log.error({ points }, 'the outbox for InfluxDB is full; its oldest points were dropped')
        },
      })
    this.recorder = new Recorder({
      database,
      events,
      now: () => Date.now(),
      camera: (id) => cameras.get(id),
      finish: (done) => void frames.finish(done).catch(() => {}), // closed: they are found recorded at the next start
      publish: (topic, payload) => void this.#publish(topic, payload, true),
      influx: this.influx !== null,
      onTransition: (camera, { from_state, to_state, reason, confidence, at }) => {
        metrics.transitions.inc({ camera, state: to_state })
        const details = { confidence, ...(reason === null ? {} : { reason }), at: new Date(at).toISOString() }
        log.info(details, `${camera}: ${from_state} -> ${to_state}`)
      },
      onRecorded: (outcome, { frame, answer }) => {
        metrics.framesRecorded.inc({ outcome })
        metrics.pipeline.observe((Date.now() - frame.receivedAt) / 1000)
        if (answer.kind === 'predicted') metrics.latency.observe(answer.latencyMs / 1000)
        if (answer.kind === 'refused') {
          const id = `${frame.camera}/${frame.capturedAt}`
          this.#reportRefusal({
            device: frame.camera.split('/')[0] ?? '',
            frame: id,
            code: answer.code,
            reason: answer.reason,
          })
        }
      },
      onHeld: (why) => (why ? log.error({ why }, 'state.db takes nothing; trying again') : log.info('state.db works')),
      onFault: (what, error) =>
        log.error({ err: error }, `${what} cannot be recorded; this is a fault of ajar, please report it`),
      isConnected: ports.isConnected,
      isBusy: (camera) => this.classifier.isBusy(camera),
    })
    this.#pool = new ClassifyPool(
      settings.classifyWorkers,
      { framesFolder, engine, backbone },
      {
        onEngine: ({ engine: name, skipped }) => log.info({ engine: name, backbone, skipped }, 'engine'),
        onThreadLost: (error) => log.error({ err: error }, 'a classifying thread ended; another takes its place'),
      },
    )
    this.classifier = new Classifier({
      pool: this.#pool,
      modelOf: (camera) => this.#modelOf(cameras.get(camera)),
      record: (classified) => this.recorder.record(classified),
      pending: (camera, before, limit) => frames.pending(camera, before, limit),
      pendingCounts: () => frames.pendingCounts(),
      restoreCamera: (camera) => this.#restoreCamera(camera),
      maxPendingAgeMs,
      onFailed: ({ camera, capturedAt }, message) =>
        log.error({ frame: `${camera}/${capturedAt}`, message }, 'frames of this camera fail; trying them again'),
    })

    // In the order of the journey.
    this.#steps = [
      { name: 'ingest', start: () => {}, close: () => {} }, // the listeners open after `start` and close before `close`
      { name: 'classify', start: () => this.classifier.start(), close: () => this.#closeClassify() },
      { name: 'record', start: () => this.recorder.start(), close: () => this.recorder.close() },
      this.#observeStep(),
    ]
  }

  /** What the classifying threads run, or null until they are ready. */
  get engine() {
    return this.#pool.engine
  }

  /** The last step first: nothing is handed to a part that does not run yet. */
  async start() {
    this.#pool.start()
    for (const step of this.#steps.toReversed()) await step.start()
  }

  /** The first step first: what is on its way still finds the next part running. */
  async close() {
    for (const step of this.#steps) await step.close()
  }

  /** Takes a frame in, by MQTT or by HTTP: it is durable, or refused for good, when the promise resolves. */
  async ingest(frame: IncomingFrame): Promise<Ingested> {
    const { frames, settings, metrics, cameras } = this.#ports
    const ingested = await ingest(frame, {
      now: () => Date.now(),
      store: (one, giveUpAt) => frames.put(one, giveUpAt),
      ensureCamera: async (ref) => (await cameras.ensure(ref)) !== null,
      recordRefusal: (refusal) => this.recorder.recordRefusal(refusal),
      enqueue: (stored, jpeg) => this.classifier.add(stored, jpeg),
      maxFrameBytes: settings.maxFrameBytes,
    })
    if (ingested.kind !== 'given_up') metrics.framesIngested.inc({ outcome: ingested.kind })
    if (ingested.kind === 'refused') this.#reportRefusal(ingested.refusal)
    return ingested
  }

  /** Classifies a picture that is not kept; null where the camera has no model. */
  async classifyOnce(camera: string, jpeg: Uint8Array): Promise<ClassifyAnswer | null> {
    const model = this.#modelOf(this.#ports.cameras.get(camera))
    return model && this.#pool.classify({ jpeg, stored: null, model })
  }

  #modelOf({ activeModel }: Camera): ModelRef | null {
    return activeModel === null ? null : { id: activeModel, folder: this.#ports.modelFolder(activeModel) }
  }

  /** Its frames were acknowledged, so they end, also where the row of their camera is lost. */
  async #restoreCamera(id: string) {
    const { cameras, log } = this.#ports
    const ref = parseCameraId(id)
    if (!ref || cameras.find(id)) return
    await cameras.ensure(ref, Number.POSITIVE_INFINITY) // its frames were acknowledged
    log.warn({ camera: id }, 'state.db did not know this camera of the frames files; it has its defaults now')
  }

  #reportRefusal({ device, frame, code, reason }: Omit<Refusal, 'key'>) {
    const { metrics, sparingLog } = this.#ports
    metrics.framesRefused.inc({ code })
    sparingLog.warn(`frame ${code}`, { frame, code, reason }, 'frame refused')
    if (isName(device)) void this.#publish(topics.rejected(device), { frame, code, reason }, false)
  }

  /** The broker closes before the last frames are recorded; their states are published again from rows at the start. */
  async #publish(topic: string, payload: object, retain: boolean) {
    try {
      await this.#ports.publish(topic, payload, { retain })
    } catch (error) {
      this.#ports.log.debug({ topic, why: (error as Error).message }, 'not published')
    }
  }

  async #closeClassify() {
    await this.classifier.close()
    await this.#pool.close()
  }

  #observeStep(): Step {
    const { database, log } = this.#ports
    let pruning: NodeJS.Timeout | null = null
    return {
      name: 'observe',
      start: () => {
        this.influx?.start()
        pruning = setInterval(() => {
          pruneEvents(database).catch((error) => log.warn({ err: error }, 'old events could not be removed'))
        }, 60_000)
      },
      close: async () => {
        if (pruning) clearInterval(pruning)
        await this.influx?.close()
      },
    }
  }
}
