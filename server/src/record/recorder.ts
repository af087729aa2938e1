import { type CameraState, parseCameraId, topics } from '@ajar/protocol'
import type { Kysely } from 'kysely'
import type { Classified } from '../classify/classifier.ts'
import { renameRows, type Span } from '../database/camera-rows.ts'
import type { CameraStateRow, ResultsTable, StateTables } from '../database/schema.ts'
import { ThreadClosedError } from '../database/thread-calls.ts'
import { isDiskTrouble } from '../database/until-written.ts'
import type { Refusal } from '../ingest/ingest.ts'
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
import { frameRow, observationOf, refusedRow, resultRow, stateOf } from './recorded.ts'
import type { RecorderPorts } from './recorder-ports.ts'

const BATCH = 128
const RETRY_MS = 500
/** Each transaction has a cost of its own, so there are at most fifty a second. */
const PACE_MS = 20
const SWEEP_MS = 1000
/** Late frames arrive in a row: transitions are computed again once none came for this long. */
const LATE_QUIET_MS = 2000

/** One transaction: later work in it sees what earlier work did. */
interface Draft {
  transaction: Kysely<StateTables>
  /** What debounce remembers of the cameras that changed, on top of what is committed; null: the camera is gone. */
  memory: Map<string, CameraStateRow | null>
  /** Done once it is committed. */
  afterwards: (() => void)[]
}

interface Work {
  /** For whoever reads that it cannot be written. */
  name: string
  write(draft: Draft): Promise<void>
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
  readonly #frames: { classified: Classified; resolve(recorded: boolean): void }[] = []
  readonly #chores: Work[] = []
  #running = false
  #loop: Promise<void> = Promise.resolve()
  #sweeping: NodeJS.Timeout | null = null
  #startedAt = 0
  #held: string | null = null
  #closing = false

  constructor(ports: RecorderPorts) {
    this.#ports = ports
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
    return this.#frames.length
  }

  /** Why the disk refuses outcomes right now, or null. */
  get held(): string | null {
    return this.#held
  }

  /**
   * Durable when it resolves, and the frame is marked done; waits while the disk refuses.
   * @returns false where it cannot be written at all: it stays pending
   */
  record(classified: Classified): Promise<boolean> {
    return new Promise((resolve) => {
      this.#frames.push({ classified, resolve })
      this.#wake()
    })
  }

  /**
   * A frame refused at the door: its id is kept, so that a second sending changes nothing. One without a time has no
   * second sending: it is recorded under the next id that no other frame has.
   */
  recordRefusal({ key, code }: Refusal): Promise<void> {
    if (key === null) return Promise.resolve()
    const name = `the refusal of ${key.camera}/${key.capturedAt}`
    return this.#chore(name, async ({ transaction }) => {
      const capturedAt = key.minted ? await nextFreeTime(transaction, key.camera, key.capturedAt) : key.capturedAt
      await insertFrames(transaction, [refusedRow({ ...key, capturedAt }, code, this.#ports.now())])
    })
  }

  /**
   * Forgets the state of cameras whose frames have stopped, and computes transitions again where all late frames are
   * in. Called every second; resolves when all of it is written.
   */
  async sweep(): Promise<void> {
    if (this.#chores.length > 0) return // the sweep before still waits, for a disk that refuses
    const now = this.#ports.now()
    const work: Promise<void>[] = []
    for (const { camera: id, late_from } of this.#memory.values()) {
      if (this.#ports.isBusy(id)) continue
      const row = this.#memory.get(id)
      if (row && this.#lost(row, now))
        work.push(this.#chore(`the silence of ${id}`, (draft) => this.#forget(draft, id, now)))
      const quiet = now - (this.#lastLate.get(id) ?? 0) > LATE_QUIET_MS
      if (late_from !== null && quiet)
        work.push(this.#chore(`the past of ${id}`, (draft) => this.#recompute(draft, id)))
    }
    await Promise.all(work)
  }

  /** Resolves when all that was arranged before is written. */
  settle(): Promise<void> {
    return this.#chore('nothing', async () => {})
  }

  /**
   * Gives a camera another name, with all that was ever recorded of it. No frame of either name is on its way.
   * @param committed called in the same turn as the new name is known here
   */
  rename(from: string, to: string, committed: () => void): Promise<void> {
    return this.#care(`the new name of ${from}`, async (draft) => {
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
    return this.#care(`the end of ${id}`, async (draft) => {
      await write(draft.transaction)
      await draft.transaction.deleteFrom('camera_states').where('camera', '=', id).execute()
      draft.memory.set(id, null)
      draft.afterwards.push(committed)
    })
  }

  /** Forgets that frames of a span were ever seen; the state stays, for the door has not moved. */
  forgetSpan(id: string, span: Span): Promise<void> {
    return this.#care(`the purge of ${id}`, async (draft) => {
      if (!this.#knows(draft, id)) return
      draft.memory.set(id, forgetSpan(this.#recall(draft, id), span))
      await this.#write(draft)
    })
  }

  async close() {
    this.#closing = true
    if (this.#sweeping) clearInterval(this.#sweeping)
    await this.#loop
  }

  #chore(name: string, write: Work['write']): Promise<void> {
    return new Promise((resolve) => {
      this.#chores.push({ name, write, resolve })
      this.#wake()
    })
  }

  /** A chore that somebody waits for. @throws where it cannot be written although the disk works */
  async #care(name: string, write: Work['write']): Promise<void> {
    let written = false
    await this.#chore(name, async (draft) => {
      await write(draft)
      draft.afterwards.push(() => {
        written = true
      })
    })
    if (!written) throw new Error(`${name} cannot be recorded: the server log says why`)
  }

  #wake() {
    if (this.#running) return
    this.#running = true
    this.#loop = this.#run()
  }

  /** What fails without the disk being at fault is halved until the one item that fails stands alone. */
  async #run() {
    let most = BATCH
    while (this.#frames.length > 0 || this.#chores.length > 0) {
      const chores = this.#chores.slice(0, most)
      const frames = this.#frames.slice(0, most === 1 && chores.length > 0 ? 0 : most)
      const startedAt = performance.now()
      try {
        const draft = await this.#commit(frames, chores)
        this.#setHeld(null)
        this.#frames.splice(0, frames.length)
        this.#chores.splice(0, chores.length)
        this.#makeKnown(draft)
        for (const { resolve } of frames) resolve(true)
        for (const { resolve } of chores) resolve()
        most = Math.min(2 * most, BATCH)
        await this.#pace(startedAt)
      } catch (error) {
        if (isDiskTrouble(error) || error instanceof ThreadClosedError) {
          this.#setHeld((error as Error).message)
          if (this.#closing) return // what is not recorded is still pending in the frames files
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        } else if (frames.length + chores.length === 1) this.#setAside(error as Error)
        else most = Math.max(1, Math.floor(Math.max(frames.length, chores.length) / 2))
      }
    }
    this.#running = false // in the same turn as the last look: what comes next starts the loop again
  }

  async #commit(frames: { classified: Classified }[], chores: Work[]): Promise<Draft> {
    return this.#ports.database.write.transaction().execute(async (transaction) => {
      const draft: Draft = { transaction, memory: new Map(), afterwards: [] }
      await this.#recordFrames(
        draft,
        frames.map(({ classified }) => classified),
      )
      for (const chore of chores) await chore.write(draft)
      return draft
    })
  }

  /**
   * The first item fails alone: it holds up nothing else. A frame is skipped, or where not even that can be written,
   * left pending for the release that can: nothing more is tried with it before the next start.
   */
  #setAside(error: Error) {
    const chore = this.#chores.shift()
    if (chore) {
      this.#ports.onFault(chore.name, error)
      return chore.resolve()
    }
    const [first] = this.#frames
    if (!first) return
    const { frame, answer } = first.classified
    this.#ports.onFault(`the frame ${frame.camera}/${frame.capturedAt}`, error)
    if (answer.kind === 'skipped') this.#frames.shift()?.resolve(false)
    else first.classified = { ...first.classified, answer: { kind: 'skipped' } }
  }

  /** Under load, lets a few more outcomes join the next transaction. */
  async #pace(startedAt: number) {
    const left = startedAt + PACE_MS - performance.now()
    if (left > 0 && !this.#closing && this.#frames.length > 0) await new Promise((resolve) => setTimeout(resolve, left))
  }

  #setHeld(why: string | null) {
    const before = this.#held
    this.#held = why
    if ((why === null) !== (before === null)) this.#ports.onHeld(why)
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
    const results: { row: ResultsTable; pipelineMs: number }[] = []
    const transitions: CameraTransition[] = []
    for (const classified of fresh) {
      const { id, threshold, debounce: needed } = this.#ports.camera(classified.frame.camera)
      const result = resultRow(classified, threshold)
      if (!result) continue
      const before = this.#recall(draft, id)
      const late = before.newest_at !== null && result.captured_at < before.newest_at
      const row: ResultsTable = { ...result, late: late ? 1 : 0 }
      results.push({ row, pipelineMs: classified.classifiedAt - classified.frame.receivedAt })
      // Frames that waited in an outbox while the state was forgotten belong before that: the span is told again.
      const overtaken = isForgotten(before) && result.captured_at <= (before.since ?? 0)
      if (late || overtaken) {
        const late_from = Math.min(before.late_from ?? result.captured_at, result.captured_at)
        draft.memory.set(id, { ...before, late_from })
        draft.afterwards.push(() => this.#lastLate.set(id, recordedAt))
      }
      if (late) continue
      const { after, transition } = debounce(this.#recall(draft, id), observationOf(row), needed)
      const received_at = Math.max(before.received_at ?? 0, classified.frame.receivedAt)
      draft.memory.set(id, { ...after, received_at })
      if (transition) transitions.push({ camera: id, transition })
    }
    const ended = fresh.map((classified) => frameRow(classified, recordedAt))
    const points = pointsOfFrames(results, ended)
    await this.#write(draft, { results: results.map(({ row }) => row), transitions, points })
    draft.afterwards.push(() => {
      this.#ports.finish(batch.map(({ frame }) => frame))
      for (const [i, { outcome }] of ended.entries()) this.#ports.onRecorded(outcome, fresh[i] as Classified)
    })
  }

  async #write(draft: Draft, { results = [], transitions = [], points = [] }: Partial<Omit<Outcome, 'memory'>> = {}) {
    const { events, influx, onTransition } = this.#ports
    const memory = [...draft.memory.values()].filter((row) => row !== null)
    const outcome = { results, transitions, memory, points: influx ? points : null }
    const rows = await writeOutcome(draft.transaction, events, outcome)
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
    return this.#ports.isConnected(this.#ports.camera(camera).device) ? 'stale' : 'offline'
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
