import { DecodeError } from '@ajar/models'
import { cameraId, isName, parseCameraId, topics } from '@ajar/protocol'
import { type Classified, Classifier } from './classify/classifier.ts'
import { type ClassifyAnswer, ClassifyPool } from './classify/classify-pool.ts'
import type { ModelRef } from './classify/classify-thread.ts'
import type { Events } from './database/events.ts'
import type { FrameStore, StoredFrame } from './database/frames/frame-store.ts'
import type { StateDatabase } from './database/state-database.ts'
import { withDeadline } from './deadline.ts'
import type { Source, Sources } from './devices/sources.ts'
import { HttpError } from './http/errors.ts'
import { type IncomingFrame, type Ingested, type IngestPorts, ingest, type Refusal } from './ingest/ingest.ts'
import { Masking } from './ingest/masking.ts'
import { Turnstile } from './ingest/turnstile.ts'
import type { Log } from './logging/levels.ts'
import type { SparingLog } from './logging/sparing-log.ts'
import type { FrameCounts } from './observe/health.ts'
import type { Metrics } from './observe/metrics.ts'
import { pruneEvents } from './observe/prune-events.ts'
import { Progress } from './processes/progress.ts'
import { Recorder } from './record/recorder.ts'
import type { RecorderPorts } from './record/recorder-ports.ts'
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
  /** Whether a stored frame waits for the pipeline. */
  isPending(camera: string, capturedAt: number): Promise<boolean>
  /** @param payload null clears what is retained */
  publish(topic: string, payload: object | null, options: { retain: boolean }): Promise<void>
}

/** Frames in the threads come to rest in less, unless the disk refuses. */
const QUIET_LIMIT_MS = 15_000

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
  readonly #turnstile = new Turnstile()
  readonly #masking = new Masking()
  readonly #pool: ClassifyPool
  readonly #steps: Step[]
  readonly #progress: Progress
  readonly classifier: Classifier
  readonly recorder: Recorder
  #taken = 0
  #ended = 0

  constructor(ports: PipelinePorts) {
    this.#ports = ports
    const { settings, logOf, database, frames, framesFolder, events, sources, metrics, backbone } = ports
    const { engine, maxPendingAgeMs } = settings
    const [log, recordLog] = [logOf('classify'), logOf('record')]

    this.recorder = new Recorder({
      database,
      events,
      now: () => Date.now(),
      camera: (id) => sources.get(id),
      finish: (done) => void frames.finish(done).catch(() => {}), // closed: they are found recorded at the next start
      publish: (topic, payload) => void this.#publish(topic, payload, true),
      influx: settings.influxUrl !== null,
      ...(ports.followUp ? { followUp: ports.followUp } : {}),
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
        recordLog.info(details, `${camera}: ${from_state} -> ${to_state}`)
      },
      onRecorded: (outcome, { frame, answer }) => {
        recordLog.debug({ frame: frameId(frame), outcome }, 'frame recorded')
        // An imported picture is one that nobody skipped for want of time or room; it has not gone the way of frames.
        if (answer.kind !== 'skipped' || answer.code !== 'imported') this.#ended += 1
        metrics.framesRecorded.inc({ outcome: (answer.kind === 'skipped' && answer.code) || outcome })
        metrics.pipeline.observe((Date.now() - frame.receivedAt) / 1000)
        if (answer.kind !== 'skipped') metrics.frameAge.observe((Date.now() - frame.capturedAt) / 1000)
        if (answer.kind === 'predicted') metrics.latency.observe(answer.latencyMs / 1000)
        if (answer.kind === 'refused') {
          this.#reportRefusal({
            device: frame.camera.split('/')[0] ?? '',
            frame: frameId(frame),
            code: answer.code,
            reason: answer.reason,
          })
        }
      },
      onHeld: (why) =>
        why ? recordLog.error({ why }, 'state.db takes nothing; trying again') : recordLog.info('state.db works'),
      onFault: (what, error) =>
        recordLog.error({ err: error }, `${what} cannot be recorded; this is a fault of ajar, please report it`),
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
      modelOf: (camera) => this.#modelOf(sources.get(camera)),
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
    })

    this.#progress = new Progress({
      isDue: () => this.classifier.isDue && this.engine !== null && frames.held === null && this.recorder.held === null,
      steps: () => this.classifier.steps,
      now: () => performance.now(),
    })

    // In the order of the journey.
    this.#steps = [
      { name: 'ingest', start: () => {}, close: () => {} }, // the listeners open after `start` and close before `close`
      { name: 'classify', start: () => this.classifier.start(), close: () => this.#closeClassify() },
      { name: 'record', start: () => this.recorder.start(), close: () => this.recorder.close() },
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

  /** Takes a frame in, by MQTT or by HTTP: it is durable, or refused for good, when the promise resolves. */
  async ingest(frame: IncomingFrame): Promise<Ingested> {
    const nameNow = () => cameraId(this.#ports.sources.nameNow(frame))
    return (await this.#turnstile.pass(nameNow, () => this.#ingest(frame), frame.giveUpAt)) ?? { kind: 'given_up' }
  }

  /**
   * Runs `work` while no frame of these cameras is on its way: new ones wait at the door, and those inside have been
   * recorded, or wait in the frames files.
   * @throws HttpError 503 `busy` where that takes too long, for a disk that refuses; nothing was done then
   */
  async whileQuiet<T>(sources: string[], work: () => Promise<T>): Promise<T> {
    return this.#turnstile.whileShut(sources, async () => {
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
    return this.#turnstile.whileShut([camera], work)
  }

  async #ingest(frame: IncomingFrame): Promise<Ingested> {
    const { metrics } = this.#ports
    const ingested = await ingest(frame, this.#ingestPorts())
    this.#ports.logOf('ingest').debug(ingestedLine(frame, ingested), `frame ${ingested.kind}`)
    if (ingested.kind !== 'given_up') metrics.framesIngested.inc({ outcome: ingested.kind })
    if (ingested.kind === 'stored') this.#taken += 1
    if (ingested.kind === 'refused') this.#reportRefusal(ingested.refusal)
    return ingested
  }

  #ingestPorts(): IngestPorts {
    const { frames, settings, sources } = this.#ports
    return {
      now: () => Date.now(),
      nameNow: (ref) => sources.nameNow(ref),
      isBeingDeleted: (camera) => sources.isBeingDeleted(camera),
      masksOf: (camera) => sources.find(camera)?.masks ?? [],
      blacken: (camera, jpeg, masks) => this.#masking.blacken(camera, jpeg, masks),
      store: (one, giveUpAt) => frames.put(one, giveUpAt),
      ensureCamera: async (ref) => (await sources.ensure(ref)) !== null,
      recordRefusal: (refusal) => this.recorder.recordRefusal(refusal),
      enqueue: (stored, jpeg) => this.classifier.add(stored, jpeg),
      maxFrameBytes: settings.maxFrameBytes,
    }
  }

  /**
   * Takes in a frame that is past and known to somebody: stored and masked as any other, it makes no result, no transition
   * and no point, whatever happens meanwhile, and ends as skipped (`imported`). Refused, it is nobody's news.
   */
  async import(frame: IncomingFrame): Promise<Ingested> {
    const { frames, isPending } = this.#ports
    const nameNow = () => cameraId(this.#ports.sources.nameNow(frame))
    const work = async () => {
      const ingested = await ingest(frame, {
        ...this.#ingestPorts(),
        store: (one, giveUpAt) => frames.put({ ...one, ended: true }, giveUpAt),
        recordRefusal: async () => {},
        enqueue: () => {},
      })
      if (ingested.kind !== 'stored' && ingested.kind !== 'duplicate') return ingested
      const stored = ingested.frame
      // A server that was killed may have stored it and no more; a frame of the camera itself that waits ends as any other.
      if (ingested.kind === 'stored' || !(await isPending(stored.camera, stored.capturedAt))) {
        const answer = { kind: 'skipped', code: 'imported' } as const
        await this.recorder.record({ frame: stored, model: null, answer, classifiedAt: Date.now() })
      }
      return ingested
    }
    return (await this.#turnstile.pass(nameNow, work, frame.giveUpAt)) ?? { kind: 'given_up' }
  }

  /** Ends frames that wait as skipped, for their bytes have to go; durable when it resolves. */
  async skip(frames: StoredFrame[]): Promise<void> {
    await Promise.all(
      [...new Set(frames.map(({ camera }) => camera))].map(async (camera) => {
        const ref = parseCameraId(camera)
        if (!ref) return
        const nameNow = () => cameraId(this.#ports.sources.nameNow(ref))
        // Not while the camera is being renamed or deleted; of one that was, they are left for the next look.
        await this.#turnstile.pass(nameNow, async () => {
          if (nameNow() !== camera || this.#ports.sources.isBeingDeleted(camera)) return
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

  /** Classifies a picture that is not kept; null where the camera has no model. */
  async classifyOnce(camera: string, jpeg: Uint8Array): Promise<ClassifyAnswer | null> {
    const { masks, ...asked } = this.#ports.sources.get(camera)
    const model = this.#modelOf(asked)
    if (!model) return null
    try {
      const seen = masks.length === 0 ? jpeg : await this.#masking.blacken(camera, jpeg, masks)
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
    const { sources, logOf } = this.#ports
    const ref = parseCameraId(id)
    if (!ref || sources.find(id)) return
    await sources.ensure(ref, Number.POSITIVE_INFINITY) // its frames were acknowledged
    logOf('record').warn(
      { camera: id },
      'state.db did not know this camera of the frames files; it has its defaults now',
    )
  }

  #reportRefusal({ device, frame, code, reason }: Omit<Refusal, 'key'>) {
    const { metrics, sparingLog } = this.#ports
    metrics.framesRefused.inc({ code })
    sparingLog.warn(`frame ${code}`, { frame, code, reason }, 'frame refused')
    if (isName(device)) void this.#publish(topics.rejected(device), { frame, code, reason }, false)
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

function frameId({ camera, capturedAt }: StoredFrame): string {
  return `${camera}/${capturedAt}`
}

/** What an operator who follows one frame reads of its arrival. The sender's names are judged by then, or shown cut. */
function ingestedLine({ device, camera, time }: IncomingFrame, ingested: Ingested): object {
  if (ingested.kind === 'refused') return { frame: ingested.refusal.frame, code: ingested.refusal.code }
  if (ingested.kind === 'given_up') return { frame: [device, camera, time].filter(Boolean).join('/') }
  return { frame: frameId(ingested.frame), bytes: ingested.frame.size }
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
