import { DecodeError } from '@ajar/models'
import { cameraId, parseCameraId } from '@ajar/protocol'
import { type Classified, Classifier } from './classify/classifier.ts'
import { type ClassifyAnswer, ClassifyPool } from './classify/classify-pool.ts'
import type { ModelRef } from './classify/classify-thread.ts'
import type { Events } from './database/events.ts'
import type { Archive } from './database/frames/archive.ts'
import type { FrameId, FrameStore, StoredFrame } from './database/frames/frame-store.ts'
import { numbersOf } from './database/frames/vector-bytes.ts'
import type { StateDatabase } from './database/state-database.ts'
import { withDeadline } from './deadline.ts'
import type { Source, Sources } from './devices/sources.ts'
import { HttpError } from './http/errors.ts'
import type { Entrance } from './ingest/entrance.ts'
import type { IncomingFrame } from './ingest/ingest.ts'
import { Masking } from './ingest/masking.ts'
import type { Ingested, Medium, Refusal } from './ingest/medium.ts'
import type { IncomingReading } from './ingest/reading.ts'
import { reportRefusal } from './ingest/report-refusal.ts'
import type { StoredReading } from './ingest/vector.ts'
import type { Log } from './logging/levels.ts'
import type { SparingLog } from './logging/sparing-log.ts'
import type { FrameCounts } from './observe/health.ts'
import type { Metrics } from './observe/metrics.ts'
import { pruneEvents } from './observe/prune-events.ts'
import { openEntrance } from './open-entrance.ts'
import { openRecorder } from './open-recorder.ts'
import { Progress } from './processes/progress.ts'
import { Readings } from './record/readings.ts'
import type { Recorder } from './record/recorder.ts'
import type { RecorderPorts } from './record/recorder-ports.ts'
import { SensorRemoval } from './record/sensor-removal.ts'
import { valueAt } from './record/value-at.ts'
import type { Settings } from './settings.ts'

export interface PipelinePorts {
  settings: Settings
  logOf(component: 'ingest' | 'classify' | 'record' | 'observe'): Log
  sparingLog: SparingLog
  database: StateDatabase
  frames: FrameStore
  framesFolder: string
  events: Events
  sources: Sources
  metrics: Metrics
  backbone: string
  modelFolder(modelId: string): string
  isConnected(device: string): boolean
  followUp: RecorderPorts['followUp']
  joined?: NonNullable<RecorderPorts['joined']>
  factsOf: NonNullable<RecorderPorts['factsOf']>
  archive: Pick<Archive, 'isPending' | 'jpeg'>
  /** Told of each reading of a sensor with states that is newly stored, and of each that was refused. */
  onStored?(reading: StoredReading): void
  onRefusedReading?(source: string): void
  /** @param payload null clears what is retained */
  publish(topic: string, payload: object | null, options: { retain: boolean }): Promise<void>
}

/** Frames in the threads come to rest in less, unless the disk refuses. */
const QUIET_LIMIT_MS = 15_000

/** One step of the journey through the server. */
interface Step {
  name: 'ingest' | 'classify' | 'record' | 'observe'
  start(): Promise<void> | void
  close(): Promise<void> | void
}

/**
 * The journey of a frame or a reading inside the server: ingest -> classify -> record -> observe. Each part is told only
 * the function that takes what it hands on. A reading of a sensor without states ends with its ingest.
 */
export class Pipeline {
  readonly #ports: PipelinePorts
  readonly #entrance: Entrance
  readonly #masking = new Masking()
  readonly #pool: ClassifyPool
  readonly #steps: Step[]
  readonly #progress: Progress
  readonly classifier: Classifier
  readonly recorder: Recorder
  readonly #readings: Readings
  readonly #removal: SensorRemoval
  #taken = 0
  #ended = 0

  constructor(ports: PipelinePorts) {
    this.#ports = ports
    const { settings, logOf, database, frames, framesFolder, events, sources, backbone } = ports
    const { engine, maxPendingAgeMs } = settings
    const [log, recordLog] = [logOf('classify'), logOf('record')]

    this.recorder = openRecorder({
      ...ports,
      publish: (topic, payload) => void this.#publish(topic, payload, true),
      onEnded: () => {
        this.#ended += 1
      },
      onRefused: (kind, refusal) => this.#onRefused(kind, refusal),
      isBusy: (source) => this.classifier.isBusy(source),
    })
    this.#removal = new SensorRemoval({ database, events, log: recordLog })
    this.#readings = new Readings({
      ...{ database, events, influx: settings.influxUrl !== null, factsOf: ports.factsOf },
      onHeld: (why) =>
        why
          ? recordLog.error({ why }, 'state.db takes no readings; trying again')
          : recordLog.info('state.db takes readings again'),
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
      modelOf: (source) => this.#modelOf(sources.judged(source)),
      isSensor: (source) => sources.find(source)?.kind === 'sensor',
      bytesOf: ({ camera, capturedAt }) => ports.archive.jpeg(camera, capturedAt),
      record: (classified) => {
        log.debug(classifiedLine(classified), `frame ${classified.answer.kind}`)
        return this.recorder.record(classified)
      },
      pending: (camera, before, limit) => frames.pending(camera, before, limit),
      pendingCounts: async () => (await frames.pendingCounts()).filter(({ camera }) => !sources.isBeingDeleted(camera)),
      restoreCamera: (camera) => this.#restoreCamera(camera),
      maxPendingAgeMs,
      onFailed: (frame, message) =>
        log.error({ frame: frameId(frame), message }, 'frames of this camera fail; trying them again'),
      onDamaged: (model, message) =>
        log.error({ model, message }, 'this model cannot be asked: its frames end without a state'),
      onMisfit: (model, message) =>
        log.warn({ model, message }, 'this model is of another view: readings have no state'),
    })

    this.#progress = new Progress({
      isDue: () => this.classifier.isDue && this.engine !== null && frames.held === null && this.recorder.held === null,
      steps: () => this.classifier.steps,
      now: () => performance.now(),
    })

    this.#entrance = openEntrance({
      ...ports,
      blacken: (...seen) => this.#masking.blacken(...seen),
      write: (reading) => this.#readings.record(reading),
      valueAt: (...reading) => valueAt(ports.database, ...reading),
      recordRefusal: (refusal) => this.recorder.recordRefusal(refusal),
      enqueue: (stored, bytes) => this.classifier.add(stored, bytes),
      onTaken: () => {
        this.#taken += 1
      },
      onRefused: (kind, refusal) => this.#onRefused(kind, refusal),
    })
    // In the order of the journey.
    this.#steps = [
      { name: 'ingest', start: () => {}, close: () => {} }, // the listeners open after `start` and close before `close`
      { name: 'classify', start: () => this.classifier.start(), close: () => this.#closeClassify() },
      { name: 'record', start: () => this.#startRecord(), close: () => this.#closeRecord() },
      this.#observeStep(),
    ]
  }

  /** False where frames stand still although nothing hinders them: a restart is what is left. */
  isAlive(): boolean {
    return this.#progress.isAlive()
  }

  /** How many frames went how far since the start. */
  get counts(): FrameCounts {
    return { taken: this.#taken, ended: this.#ended, waiting: this.classifier.waiting }
  }

  /** What the classifying threads run, or null until they are ready. */
  get engine() {
    return this.#pool.engine
  }

  /** Why no engine runs, where it is not that it still loads. */
  get engineFailure() {
    return this.#pool.failure
  }

  /** The last step first: nothing is handed to a part that does not run yet. */
  async start() {
    // An engine that was asked for by name is there, or the server is not.
    if (this.#ports.settings.engine !== 'auto') {
      this.#pool.start()
      await this.#pool.ready()
    }
    for (const step of this.#steps.toReversed()) await step.start()
  }

  /** Opens the engine, for which nobody has to wait at the door: frames are durable before they are classified. */
  openEngine() {
    this.#pool.start()
  }

  /** The first step first: what is on its way still finds the next part running. */
  async close() {
    for (const step of this.#steps) await step.close()
  }

  /** Why the disk refuses readings of sensors without states right now, or null. */
  get readingsHeld(): string | null {
    return this.#readings.held
  }

  /** Takes a frame in, by MQTT or by HTTP: it is durable, or refused for good, when the promise resolves. */
  ingest(frame: IncomingFrame): Promise<Ingested> {
    return this.#entrance.frame(frame)
  }

  /**
   * Takes a reading in, by MQTT, by HTTP or from a task, likewise; that of a sensor with states is asked about.
   * @throws when the server closes before it is stored
   */
  take(reading: IncomingReading): Promise<Ingested<FrameId>> {
    return this.#entrance.reading(reading)
  }

  /** Removes a sensor with all that it read, see `SensorRemoval`. */
  removeSensor(device: string, sensor: string, author: string): Promise<void> {
    return this.#removal.remove(device, sensor, author)
  }

  /**
   * Runs `work` while no frame of these cameras is on its way: new ones wait at the door, and those inside have been
   * recorded, or wait in the frames files.
   * @throws HttpError 503 `busy` where that takes too long, for a disk that refuses; nothing was done then
   */
  async whileQuiet<T>(sources: string[], work: () => Promise<T>): Promise<T> {
    return this.#entrance.whileShut(sources, async () => {
      try {
        const atRest = this.classifier.setAside(sources).then(() => this.recorder.settle())
        await withDeadline(atRest, QUIET_LIMIT_MS, notAtRest)
        return await work()
      } finally {
        this.classifier.resume(sources.filter((camera) => !this.#ports.sources.isBeingDeleted(camera)))
      }
    })
  }

  /** Runs `work` while no frame of the camera is between its arrival and its acknowledgement. */
  whileShut<T>(camera: string, work: () => Promise<T>): Promise<T> {
    return this.#entrance.whileShut([camera], work)
  }

  /**
   * Takes in a frame, or a reading of a sensor with states, that is past and known to somebody: stored and masked as any
   * other, it makes no result, no transition and no point, whatever happens meanwhile, and ends as skipped (`imported`).
   * Refused, it is nobody's news. Many at once share one sync of the disk.
   */
  import(given: IncomingFrame | IncomingReading): Promise<Ingested> {
    return this.#entrance.past(given, async (ingested) => {
      if (ingested.kind !== 'stored' && ingested.kind !== 'duplicate') return
      const { frame } = ingested
      // A server that was killed may have stored it and no more; a frame of the camera itself that waits ends as any other.
      if (ingested.kind === 'duplicate' && (await this.#ports.archive.isPending(frame.camera, frame.capturedAt))) return
      const answer = { kind: 'skipped', code: 'imported' } as const
      await this.recorder.record({ frame, model: null, answer, classifiedAt: Date.now() })
    })
  }

  /** Ends frames that wait as skipped, for their bytes have to go; durable when it resolves. */
  async skip(frames: StoredFrame[]): Promise<void> {
    await Promise.all(
      [...new Set(frames.map(({ camera }) => camera))].map(async (camera) => {
        const ref = parseCameraId(camera)
        if (!ref) return
        // Not while the camera is being renamed or deleted; of one that was, they are left for the next look.
        await this.#entrance.pass(ref, async (now) => {
          if (cameraId(now) !== camera || this.#ports.sources.isBeingDeleted(camera)) return
          await this.#skip(frames.filter((frame) => frame.camera === camera))
        })
      }),
    )
  }

  async #skip(frames: StoredFrame[]) {
    for (const { camera } of frames.slice(0, 1)) await this.#restoreCamera(camera)
    const skipped = { model: null, answer: { kind: 'skipped' }, classifiedAt: Date.now() } as const
    await Promise.all(frames.map((frame) => this.recorder.record({ frame, ...skipped })))
  }

  /**
   * Classifies what is not kept: a picture, or readings, the newest last; null where there is no model.
   * @throws HttpError 404 where there is no such source
   */
  async classifyOnce(source: string, given: Uint8Array | number[][]): Promise<ClassifyAnswer | null> {
    const { masks, ...asked } = this.#ports.sources.judged(source)
    const model = this.#modelOf(asked)
    if (!model) return null
    if (!(given instanceof Uint8Array)) return this.#pool.classify({ jpeg: null, stored: null, readings: given, model })
    try {
      const seen = masks.length === 0 ? given : await this.#masking.blacken(source, given, masks)
      return await this.#pool.classify({ jpeg: seen, stored: null, model })
    } catch (error) {
      if (error instanceof DecodeError) return { kind: 'refused', code: error.code, reason: error.message }
      throw error
    }
  }

  #modelOf({ activeModel }: Pick<Source, 'activeModel'>): ModelRef | null {
    return activeModel === null ? null : { id: activeModel, folder: this.#ports.modelFolder(activeModel) }
  }

  /** Its frames were acknowledged, so they end, also where the row of their camera is lost. */
  async #restoreCamera(id: string) {
    const { sources, logOf, frames, archive } = this.#ports
    const ref = parseCameraId(id)
    if (!ref || sources.find(id)) return
    const [one] = await frames.pending(id, Number.MAX_SAFE_INTEGER, 1)
    const bytes = one ? await archive.jpeg(id, one.capturedAt) : null
    const kind = bytes && numbersOf(bytes) ? 'sensor' : 'camera'
    await sources.ensure(ref, Number.POSITIVE_INFINITY, { kind }) // its frames were acknowledged
    logOf('record').warn(
      { camera: id },
      'state.db did not know this camera of the frames files; it has its defaults now',
    )
  }

  #onRefused(kind: Medium['kind'], refusal: Omit<Refusal, 'key'>) {
    const publish = (topic: string, payload: object) => void this.#publish(topic, payload, false)
    reportRefusal(kind, refusal, { ...this.#ports, publish })
  }

  /** The broker closes before the last frames are recorded; their states are published again from rows at the start. */
  async #publish(topic: string, payload: object | null, retain: boolean) {
    try {
      await this.#ports.publish(topic, payload, { retain })
      if (payload && 'frame' in payload)
        this.#ports.logOf('observe').debug({ frame: payload.frame, topic }, 'published')
    } catch (error) {
      this.#ports.logOf('observe').debug({ topic, why: (error as Error).message }, 'not published')
    }
  }

  async #startRecord() {
    await this.recorder.start()
    await this.#readings.start()
  }

  async #closeRecord() {
    await Promise.all([this.#removal.close(), this.#readings.close(), this.recorder.close()])
  }

  async #closeClassify() {
    await this.classifier.close()
    await this.#pool.close()
  }

  #observeStep(): Step {
    const { database, logOf } = this.#ports
    let pruning: NodeJS.Timeout | null = null
    return {
      name: 'observe',
      start: () => {
        pruning = setInterval(() => {
          pruneEvents(database).catch((error) =>
            logOf('observe').warn({ err: error }, 'old events could not be removed'),
          )
        }, 60_000)
      },
      close: () => {
        if (pruning) clearInterval(pruning)
      },
    }
  }
}

function frameId({ camera, capturedAt }: FrameId): string {
  return `${camera}/${capturedAt}`
}

function classifiedLine({ frame, model, answer }: Classified): object {
  return {
    frame: frameId(frame),
    model: model?.id ?? null,
    ...('latencyMs' in answer ? { latencyMs: answer.latencyMs } : {}),
  }
}

function notAtRest(): HttpError {
  return new HttpError(503, 'busy', 'frames of this camera are not recorded in time: see /api/health/ready, try again')
}
