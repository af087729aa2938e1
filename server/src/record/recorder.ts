import { type CameraState, parseCameraId, topics } from '@ajar/protocol'
import type { Kysely } from 'kysely'
import type { Classified } from '../classify/classifier.ts'
import type { Events } from '../database/events.ts'
import type { StoredFrame } from '../database/frames/frame-store.ts'
import type { CameraStateRow, EventRow, FramesTable, ResultsTable, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Camera } from '../devices/cameras.ts'
import type { Refusal } from '../ingest/ingest.ts'
import { debounce, forget, nothingKnown, type Transition } from './debounce.ts'
import { resultPoint, transitionPoint } from './influx-points.ts'
import { recomputeTransitions } from './late.ts'
import { frameRow, observationOf, resultRow } from './recorded.ts'

export interface RecorderPorts {
  database: StateDatabase
  events: Events
  camera(id: string): Camera
  /** Marks frames as through the pipeline. */
  finish(frames: StoredFrame[]): void
  /** Publishes a retained message. */
  publish(topic: string, payload: object): void
  /** Whether points go into the outbox of the InfluxDB sink. */
  influx: boolean
  /** Told of every debounced change, after it is committed. */
  onTransition(camera: string, transition: Transition): void
  /** Told of every frame's outcome, after it is committed. */
  onRecorded(outcome: FramesTable['outcome'], classified: Classified): void
  /** Told why the disk refuses, and null when it works again. */
  onHeld(why: string | null): void
  isConnected(device: string): boolean
  /** Whether frames of the camera are on their way through the pipeline. */
  isBusy(camera: string): boolean
}

const BATCH = 128
const RETRY_MS = 500
const SWEEP_MS = 1000
/** Late frames arrive in a row: transitions are computed again once none came for this long. */
const LATE_QUIET_MS = 2000

interface Work {
  /** Runs in the batch's transaction; what it returns is done once that is committed. */
  write(transaction: Kysely<StateTables>): Promise<() => void>
  resolve(): void
}

/**
 * The one place that writes outcomes: result, debounce state, transition, event and InfluxDB outbox row commit in one
 * transaction, many frames at a time; only then is a frame marked done and its state published (guarantee 2).
 */
export class Recorder {
  readonly #ports: RecorderPorts
  readonly #memory = new Map<string, CameraStateRow>()
  readonly #lastLate = new Map<string, number>()
  readonly #queue: { classified: Classified; resolve(): void }[] = []
  readonly #chores: Work[] = []
  #loop: Promise<void> | null = null
  #sweep: NodeJS.Timeout | null = null
  #startedAt = 0
  #held: string | null = null
  #closing = false

  constructor(ports: RecorderPorts) {
    this.#ports = ports
  }

  async start() {
    this.#startedAt = Date.now()
    for (const row of await this.#ports.database.read.selectFrom('camera_states').selectAll().execute())
      this.#memory.set(row.camera, row)
    this.#sweep = setInterval(() => this.#sweepCameras(), SWEEP_MS)
  }

  /** What the broker has to know again before it lets anybody in. */
  retained(): { topic: string; payload: string }[] {
    return [...this.#memory.values()].flatMap((row) => {
      const camera = parseCameraId(row.camera)
      return camera ? [{ topic: topics.state(camera), payload: JSON.stringify(stateOf(row)) }] : []
    })
  }

  /** The state that is published of a camera. */
  state(camera: string): CameraState {
    return stateOf(this.#memory.get(camera) ?? nothingKnown(camera))
  }

  /** Why the disk refuses outcomes right now, or null. */
  get held(): string | null {
    return this.#held
  }

  /** Durable when it resolves, and the frame is marked done; waits while the disk refuses. */
  record(classified: Classified): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ classified, resolve })
      this.#wake()
    })
  }

  /** A frame refused at the door: its id is kept, so that a second sending changes nothing. */
  recordRefusal({ key, code }: Refusal): Promise<void> {
    if (key === null) return Promise.resolve()
    const row: FramesTable = {
      camera: key.camera,
      captured_at: key.capturedAt,
      received_at: key.receivedAt,
      stored_at: null,
      classified_at: null,
      recorded_at: Date.now(),
      size: key.size,
      sha256: new Uint8Array(),
      outcome: 'refused',
      code,
      late: 0,
    }
    return this.#chore(async (transaction) => {
      await insertNew(transaction, [row])
      return () => {}
    })
  }

  async close() {
    this.#closing = true
    if (this.#sweep) clearInterval(this.#sweep)
    await this.#loop
  }

  #chore(write: Work['write']): Promise<void> {
    return new Promise((resolve) => {
      this.#chores.push({ write, resolve })
      this.#wake()
    })
  }

  #wake() {
    this.#loop ??= this.#run().finally(() => {
      this.#loop = null
    })
  }

  async #run() {
    while (this.#queue.length > 0 || this.#chores.length > 0) {
      const batch = this.#queue.slice(0, BATCH)
      const chores = this.#chores.slice(0, BATCH)
      try {
        const done = await this.#ports.database.write.transaction().execute(async (transaction) => {
          const afterwards = [
            await this.#write(
              transaction,
              batch.map(({ classified }) => classified),
            ),
          ]
          for (const chore of chores) afterwards.push(await chore.write(transaction))
          return afterwards
        })
        this.#setHeld(null)
        this.#queue.splice(0, batch.length)
        this.#chores.splice(0, chores.length)
        for (const afterwards of done) afterwards()
        for (const { resolve } of [...batch, ...chores]) resolve()
      } catch (error) {
        this.#setHeld((error as Error).message)
        if (this.#closing) return // what is not recorded is still pending in the frames files
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  #setHeld(why: string | null) {
    if (why === this.#held) return
    this.#held = why
    this.#ports.onHeld(why)
  }

  /** Writes a batch; the returned function makes it known. */
  async #write(transaction: Kysely<StateTables>, batch: Classified[]): Promise<() => void> {
    if (batch.length === 0) return () => {}
    const recordedAt = Date.now()
    const isNew = await insertNew(
      transaction,
      batch.map((classified) => frameRow(classified, recordedAt)),
    )
    const fresh = batch.filter(({ frame }) => isNew.has(`${frame.camera}/${frame.capturedAt}`))
    const memory = new Map<string, CameraStateRow>()
    const results: ResultsTable[] = []
    const transitions: { camera: string; transition: Transition }[] = []
    const lateFrames: Classified[] = []
    for (const classified of fresh) {
      const { id, threshold, debounce: needed } = this.#ports.camera(classified.frame.camera)
      const result = resultRow(classified, threshold)
      if (!result) continue
      const before = memory.get(id) ?? this.#memory.get(id) ?? nothingKnown(id)
      if (before.newest_at !== null && result.captured_at < before.newest_at) {
        const late_from = Math.min(before.late_from ?? result.captured_at, result.captured_at)
        memory.set(id, { ...before, late_from })
        lateFrames.push(classified)
        results.push({ ...result, late: 1 })
        continue
      }
      const { after, transition } = debounce(before, observationOf(result), needed)
      memory.set(id, after)
      results.push(result)
      if (transition) transitions.push({ camera: id, transition })
    }
    await markLate(transaction, lateFrames)
    const events = await this.#writeOutcome(transaction, results, transitions, memory, fresh)
    return () => {
      for (const [id, row] of memory) this.#memory.set(id, row)
      for (const { frame } of lateFrames) this.#lastLate.set(frame.camera, recordedAt)
      this.#ports.finish(batch.map(({ frame }) => frame))
      for (const [id, row] of memory) this.#publishState(id, row)
      for (const { camera, transition } of transitions) this.#ports.onTransition(camera, transition)
      for (const classified of fresh) this.#ports.onRecorded(frameRow(classified, recordedAt).outcome, classified)
      this.#ports.events.publish(events)
    }
  }

  async #writeOutcome(
    transaction: Kysely<StateTables>,
    results: ResultsTable[],
    transitions: { camera: string; transition: Transition }[],
    memory: Map<string, CameraStateRow>,
    fresh: Classified[],
  ): Promise<EventRow[]> {
    if (results.length > 0) await transaction.insertInto('results').values(results).execute()
    await saveMemory(transaction, [...memory.values()])
    await saveTransitions(transaction, transitions)
    if (this.#ports.influx) {
      const points = [
        ...results.map((result) => resultPoint(result, fresh)),
        ...transitions.map(({ camera, transition }) => transitionPoint(camera, transition)),
      ]
      if (points.length > 0) {
        await transaction
          .insertInto('influx_outbox')
          .values(points.map((point) => ({ point_json: JSON.stringify(point) })))
          .execute()
      }
    }
    return this.#ports.events.append(transaction, [
      ...results.map((result) => ({ kind: 'result' as const, data: resultEvent(result) })),
      ...transitions.map(({ camera, transition }) => ({
        kind: 'transition' as const,
        data: transitionEvent(camera, transition),
      })),
    ])
  }

  #publishState(id: string, row: CameraStateRow) {
    const camera = parseCameraId(id)
    if (camera) this.#ports.publish(topics.state(camera), stateOf(row))
  }

  /** Cameras whose frames have stopped, and cameras whose late frames are all in. */
  #sweepCameras() {
    const now = Date.now()
    for (const row of this.#memory.values()) {
      const { staleAfterMs, device } = this.#ports.camera(row.camera)
      const lastSeen = Math.max(row.newest_at ?? 0, this.#startedAt)
      const reason = this.#ports.isConnected(device) ? 'stale' : 'offline'
      const said = row.state === 'unknown' && (row.reason === reason || row.model === null)
      if (now - lastSeen > staleAfterMs && !said && !this.#ports.isBusy(row.camera))
        this.#forget(row.camera, reason, now)
      const quiet = now - (this.#lastLate.get(row.camera) ?? 0) > LATE_QUIET_MS
      if (row.late_from !== null && quiet && !this.#ports.isBusy(row.camera)) this.#recompute(row.camera)
    }
  }

  #forget(id: string, reason: 'stale' | 'offline', now: number) {
    void this.#chore(async (transaction) => {
      const { after, transition } = forget(this.#memory.get(id) ?? nothingKnown(id), reason, now)
      const transitions = transition ? [{ camera: id, transition }] : []
      const events = await this.#writeOutcome(transaction, [], transitions, new Map([[id, after]]), [])
      return () => {
        this.#memory.set(id, after)
        this.#publishState(id, after)
        if (transition) this.#ports.onTransition(id, transition)
        this.#ports.events.publish(events)
      }
    })
  }

  #recompute(id: string) {
    this.#lastLate.set(id, Date.now()) // not asked for again while this one is queued
    void this.#chore(async (transaction) => {
      const live = this.#memory.get(id) ?? nothingKnown(id)
      const count = await recomputeTransitions(transaction, live, this.#ports.camera(id))
      const after = { ...live, late_from: null }
      await saveMemory(transaction, [after])
      const data = { camera: id, recomputedFrom: live.late_from, transitions: count }
      const events = await this.#ports.events.append(transaction, [{ kind: 'transition', data }])
      return () => {
        this.#memory.set(id, after)
        this.#ports.events.publish(events)
      }
    })
  }
}

/** Inserts frames that were not recorded before. @returns the ids of those that are new */
async function insertNew(transaction: Kysely<StateTables>, rows: FramesTable[]): Promise<Set<string>> {
  const inserted = await transaction
    .insertInto('frames')
    .values(rows)
    .onConflict((clash) => clash.doNothing())
    .returning(['camera', 'captured_at'])
    .execute()
  return new Set(inserted.map(({ camera, captured_at }) => `${camera}/${captured_at}`))
}

async function markLate(transaction: Kysely<StateTables>, late: Classified[]) {
  for (const { frame } of late) {
    await transaction
      .updateTable('frames')
      .set({ late: 1 })
      .where('camera', '=', frame.camera)
      .where('captured_at', '=', frame.capturedAt)
      .execute()
  }
}

async function saveMemory(transaction: Kysely<StateTables>, rows: CameraStateRow[]) {
  if (rows.length === 0) return
  await transaction.replaceInto('camera_states').values(rows).execute()
}

async function saveTransitions(
  transaction: Kysely<StateTables>,
  transitions: { camera: string; transition: Transition }[],
) {
  for (const { camera, transition } of transitions) {
    await transaction
      .insertInto('transitions')
      .values({ camera, ...transition })
      .onConflict((clash) => clash.columns(['camera', 'at']).doUpdateSet(transition))
      .execute()
  }
}

function stateOf({ camera, state, confidence, since, frame_at, model, reason }: CameraStateRow): CameraState {
  const frame = frame_at === null ? null : `${camera}/${frame_at}`
  return { state, confidence, since, frame, model, ...(reason === null ? {} : { reason }) }
}

function resultEvent({ camera, captured_at, state, confidence, reason, model, late }: ResultsTable) {
  return {
    frame: `${camera}/${captured_at}`,
    camera,
    state,
    confidence,
    reason,
    model: model || null,
    late: late === 1,
  }
}

function transitionEvent(
  camera: string,
  { at, from_state, to_state, reason, confidence, frame_at, model }: Transition,
) {
  const frame = frame_at === null ? null : `${camera}/${frame_at}`
  return { camera, at, from: from_state, to: to_state, reason, confidence, frame, model }
}
