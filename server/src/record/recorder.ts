import { type CameraState, parseCameraId, topics } from '@ajar/protocol'
import type { Kysely } from 'kysely'
import type { Classified } from '../classify/classifier.ts'
import { renameRows, type Span } from '../database/camera-rows.ts'
import type { CameraStateRow, ResultsTable, StateTables } from '../database/schema.ts'
import type { Refusal } from '../ingest/medium.ts'
import { debounce, forget, forgetSpan, isForgotten, nothingKnown } from './debounce.ts'
import { recomputeTransitions } from './late.ts'
import {
  type CameraTransition,
  insertFrames,
  nextFreeTime,
  type Outcome,
  pointsOfFrames,
  writeOutcome,
} from './outcome.ts'
import { type Draft, OutcomeQueue } from './outcome-queue.ts'
import { frameRow, observationOf, refusedRow, resultRow, stateOf } from './recorded.ts'
import type { RecorderPorts } from './recorder-ports.ts'
import { SourceReadings } from './source-readings.ts'

/** A result, when what it is of came in, and how long that took until it was classified. */
interface Seen {
  row: ResultsTable
  receivedAt: number
  pipelineMs: number
}

const SWEEP_MS = 1000
/** Late frames arrive in a row: transitions are computed again once none came for this long. */
const LATE_QUIET_MS = 2000

/**
 * The one place that writes outcomes: result, debounce state, transition, event and InfluxDB outbox row commit in one
 * transaction, many frames at a time; only then is a frame marked done and its state published (guarantee 2).
 */
export class Recorder {
  readonly #ports: RecorderPorts
  readonly #memory = new Map<string, CameraStateRow>()
  readonly #lastLate = new Map<string, number>()
  readonly #queue: OutcomeQueue
  readonly #readings: SourceReadings
  #sweeping: NodeJS.Timeout | null = null
  #startedAt = 0

  constructor(ports: RecorderPorts) {
    this.#ports = ports
    const { database, events, influx, factsOf = () => null, onHeld, onFault } = ports
    this.#readings = new SourceReadings({ events, influx, factsOf })
    this.#queue = new OutcomeQueue({
      ...{ database, onHeld, onFault },
      recordFrames: (draft, batch) => this.#recordFrames(draft, batch),
      makeKnown: (draft) => this.#makeKnown(draft),
    })
  }

  async start() {
    this.#startedAt = this.#ports.now()
    for (const row of await this.#ports.database.read.selectFrom('camera_states').selectAll().execute())
      this.#memory.set(row.camera, row)
    this.#sweeping = setInterval(() => void this.sweep(), SWEEP_MS)
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

  /** The server's time when the last of a camera's frames came in; null where none did, or a release before took it. */
  receivedAt(camera: string): number | null {
    return this.#memory.get(camera)?.received_at ?? null
  }

  /** Frames that are not written yet. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /** Why the disk refuses outcomes right now, or null. */
  get held(): string | null {
    return this.#queue.held
  }

  /**
   * Durable when it resolves, and the frame is marked done; waits while the disk refuses.
   * @returns false where it cannot be written at all: it stays pending
   */
  record(classified: Classified): Promise<boolean> {
    return this.#queue.record(classified)
  }

  /**
   * A frame refused at the door: its id is kept, so that a second sending changes nothing. One without a time has no
   * second sending: it is recorded under the next id that no other frame has.
   */
  recordRefusal({ key, code }: Refusal): Promise<void> {
    if (key === null) return Promise.resolve()
    const name = `the refusal of ${key.camera}/${key.capturedAt}`
    return this.#queue.chore(name, async ({ transaction }) => {
      const capturedAt = key.minted ? await nextFreeTime(transaction, key.camera, key.capturedAt) : key.capturedAt
      await insertFrames(transaction, [refusedRow({ ...key, capturedAt }, code, this.#ports.now())])
    })
  }

  /**
   * Forgets the state of cameras whose frames have stopped, and computes transitions again where all late frames are
   * in. Called every second; resolves when all of it is written.
   */
  async sweep(): Promise<void> {
    if (this.#queue.hasChores) return // the sweep before still waits, for a disk that refuses
    const now = this.#ports.now()
    const work: Promise<void>[] = []
    for (const { camera: id, late_from } of this.#memory.values()) {
      if (this.#ports.isBusy(id)) continue
      const row = this.#memory.get(id)
      if (row && this.#lost(row, now))
        work.push(this.#queue.chore(`the silence of ${id}`, (draft) => this.#forget(draft, id, now)))
      const quiet = now - (this.#lastLate.get(id) ?? 0) > LATE_QUIET_MS
      if (late_from !== null && quiet)
        work.push(this.#queue.chore(`the past of ${id}`, (draft) => this.#recompute(draft, id)))
    }
    await Promise.all(work)
  }

  /** Resolves when all that was arranged before is written. */
  settle(): Promise<void> {
    return this.#queue.chore('nothing', async () => {})
  }

  /**
   * Gives a camera another name, with all that was ever recorded of it. No frame of either name is on its way.
   * @param committed called in the same turn as the new name is known here
   */
  rename(from: string, to: string, committed: () => void): Promise<void> {
    return this.#queue.care(`the new name of ${from}`, async (draft) => {
      await renameRows(draft.transaction, from, to)
      draft.memory.set(to, this.#knows(draft, from) ? { ...this.#recall(draft, from), camera: to } : null)
      draft.memory.set(from, null)
      draft.afterwards.push(committed)
    })
  }

  /**
   * Forgets a camera, of which no frame is on its way; its history is removed by who asks for it.
   * @param write what else is to be committed with it
   */
  forgetCamera(id: string, write: (transaction: Kysely<StateTables>) => Promise<unknown>, committed: () => void) {
    return this.#queue.care(`the end of ${id}`, async (draft) => {
      await write(draft.transaction)
      await draft.transaction.deleteFrom('camera_states').where('camera', '=', id).execute()
      draft.memory.set(id, null)
      draft.afterwards.push(committed)
    })
  }

  /** Forgets that frames of a span were ever seen; the state stays, for the door has not moved. */
  forgetSpan(id: string, span: Span): Promise<void> {
    return this.#queue.care(`the purge of ${id}`, async (draft) => {
      if (!this.#knows(draft, id)) return
      draft.memory.set(id, forgetSpan(this.#recall(draft, id), span))
      await this.#write(draft)
    })
  }

  async close() {
    if (this.#sweeping) clearInterval(this.#sweeping)
    await this.#queue.close()
  }

  /** What is committed may be seen. */
  #makeKnown({ memory, afterwards }: Draft) {
    for (const [id, row] of memory) {
      const camera = parseCameraId(id)
      if (!row) {
        this.#memory.delete(id)
        if (camera) this.#ports.publish(topics.state(camera), null)
        continue
      }
      const before = JSON.stringify(this.state(id))
      this.#memory.set(id, row)
      if (camera && JSON.stringify(stateOf(row)) !== before) this.#ports.publish(topics.state(camera), stateOf(row))
    }
    for (const one of afterwards) one()
  }

  #recall({ memory }: Draft, id: string): CameraStateRow {
    return memory.get(id) ?? this.#memory.get(id) ?? nothingKnown(id)
  }

  /** Whether the camera is still there: what was arranged before it was renamed or deleted has no object any more. */
  #knows({ memory }: Draft, id: string): boolean {
    return memory.has(id) ? memory.get(id) !== null : this.#memory.has(id)
  }

  async #recordFrames(draft: Draft, batch: Classified[]) {
    if (batch.length === 0) return
    const recordedAt = this.#ports.now()
    const rows = batch.map((classified) => frameRow(classified, recordedAt))
    const isNew = await insertFrames(draft.transaction, rows)
    const fresh = batch.filter(({ frame }) => isNew.has(`${frame.camera}/${frame.capturedAt}`))
    const results: Seen[] = []
    const transitions: CameraTransition[] = []
    for (const classified of fresh) {
      const { threshold } = this.#ports.camera(classified.frame.camera)
      const result = resultRow(classified, threshold)
      if (!result) continue
      const { receivedAt } = classified.frame
      const seen = { row: result, receivedAt, pipelineMs: classified.classifiedAt - receivedAt }
      results.push(seen, ...this.#see(draft, seen, recordedAt, transitions))
    }
    const ended = fresh.map((classified) => frameRow(classified, recordedAt))
    const points = pointsOfFrames(results, ended)
    await this.#write(draft, { results: results.map(({ row }) => row), transitions, points })
    draft.afterwards.push(await this.#readings.tell(draft.transaction, fresh))
    draft.afterwards.push(() => {
      this.#ports.finish(batch.map(({ frame }) => frame))
      for (const [i, { outcome }] of ended.entries()) this.#ports.onRecorded(outcome, fresh[i] as Classified)
    })
  }

  /**
   * One result: whether it is late, what debounce makes of it, and what it says of doors.
   * @param seen its row is told whether it is late
   * @returns the results of doors
   */
  #see(draft: Draft, seen: Seen, recordedAt: number, transitions: CameraTransition[]): Seen[] {
    const { row, receivedAt } = seen
    const { id, kind, debounce: needed } = this.#ports.camera(row.camera)
    const before = this.#recall(draft, id)
    const late = before.newest_at !== null && row.captured_at < before.newest_at
    row.late = late ? 1 : 0
    // Frames that waited in an outbox while the state was forgotten belong before that: the span is told again.
    const overtaken = isForgotten(before) && row.captured_at <= (before.since ?? 0)
    if (late || overtaken) {
      const late_from = Math.min(before.late_from ?? row.captured_at, row.captured_at)
      draft.memory.set(id, { ...before, late_from })
      draft.afterwards.push(() => this.#lastLate.set(id, recordedAt))
    }
    if (late) return []
    const { after, transition } = debounce(this.#recall(draft, id), observationOf(row), needed)
    // A door has no frames: its results name those of its members.
    if (kind === 'door') for (const one of [after, transition]) if (one) one.frame_at = null
    draft.memory.set(id, { ...after, received_at: Math.max(before.received_at ?? 0, receivedAt) })
    if (transition) transitions.push({ camera: id, transition })
    return (this.#ports.joined?.(row, receivedAt) ?? []).flatMap((joined) => {
      // A door's results are in the order in which they were made, whatever the clocks of its members say.
      const newest = this.#recall(draft, joined.camera).newest_at
      const captured_at = newest === null ? joined.captured_at : Math.max(joined.captured_at, newest + 1)
      const ofDoor = { ...seen, row: { ...joined, captured_at } }
      return [ofDoor, ...this.#see(draft, ofDoor, recordedAt, transitions)]
    })
  }

  async #write(draft: Draft, { results = [], transitions = [], points = [] }: Partial<Omit<Outcome, 'memory'>> = {}) {
    const { events, influx, onTransition, followUp } = this.#ports
    const memory = [...draft.memory.values()].filter((row) => row !== null)
    const outcome = { results, transitions, memory, points: influx ? points : null }
    const rows = await writeOutcome(draft.transaction, events, outcome)
    for (const { camera, transition } of transitions) {
      const committed = await followUp?.(draft.transaction, camera, transition)
      if (committed) draft.afterwards.push(committed)
    }
    draft.afterwards.push(() => {
      for (const { camera, transition } of transitions) onTransition(camera, transition)
      events.publish(rows)
    })
  }

  /** Whether the frames of a camera have stopped, by our clock, and its state does not say so yet. */
  #lost(row: CameraStateRow, now: number): boolean {
    const { staleAfterMs, activeModel } = this.#ports.camera(row.camera)
    const lastSeen = Math.max(row.received_at ?? 0, this.#startedAt)
    const said = row.state === 'unknown' && (row.reason === this.#whyLost(row.camera) || activeModel === null)
    return now - lastSeen > staleAfterMs && !said
  }

  #whyLost(camera: string): 'stale' | 'offline' {
    const { kind, device } = this.#ports.camera(camera)
    return kind === 'door' || this.#ports.isConnected(device) ? 'stale' : 'offline'
  }

  async #forget(draft: Draft, id: string, now: number) {
    const before = this.#recall(draft, id)
    if (!this.#knows(draft, id) || !this.#lost(before, now)) return // a frame came in meanwhile
    const { after, transition } = forget(before, this.#whyLost(id), now)
    draft.memory.set(id, after)
    await this.#write(draft, { transitions: transition ? [{ camera: id, transition }] : [] })
  }

  async #recompute(draft: Draft, id: string) {
    if (!this.#knows(draft, id)) return
    const live = this.#recall(draft, id)
    const { points, ...told } = await recomputeTransitions(draft.transaction, live, this.#ports.camera(id))
    const { transitions, next, since } = told
    draft.memory.set(id, { ...live, since, late_from: next })
    await this.#write(draft, { points })
    const data = { camera: id, recomputedFrom: live.late_from, transitions, since }
    const events = await this.#ports.events.append(draft.transaction, [{ kind: 'transition', data }])
    draft.afterwards.push(() => this.#ports.events.publish(events))
  }
}
