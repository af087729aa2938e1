import type { CameraState } from '@ajar/protocol'
import type { Events } from '../database/events.ts'
import type { EventRow, ResultsTable } from '../database/schema.ts'
import type { Source, Sources } from '../devices/sources.ts'
import { DOORS } from '../http/nouns.ts'
import type { DoorDetails, Member } from './door.ts'
import { joinedRow, type LastSaid, membersSaid, type OneSaid } from './joined-row.ts'
import { MemberRows } from './members.ts'
import { modelAsked, Reliabilities, type ReliabilitiesPorts } from './reliabilities.ts'

export interface DoorsPorts extends ReliabilitiesPorts {
  sources: Pick<Sources, 'find' | 'ofKind'>
  events: Pick<Events, 'subscribe'>
}

/**
 * While the joined state stays the same, there is one result in so much time at most. Not before debounce has what it needs:
 * until then each result of a member makes one of the door.
 */
const EVERY_MS = 1000
/** Labels come one after the other. */
const REFRESH_MS = 15_000
/** Results that were answered lately: asked again, since their transaction did not go through, they are answered again. */
const MOST_TRIGGERS = 256

interface Emitted {
  /** When the last one was due. */
  at: number
  said: string
  /** The state of the last one that was kept, how many in a row said it, and when that one was. */
  run: { state: string; length: number; at: number }
  /** What made results, and whether these were due. */
  triggers: Map<string, boolean>
}

/** Doors: what several cameras and sensors say of the same thing, joined. All that a result needs is in memory. */
export class Doors {
  readonly #ports: DoorsPorts
  readonly #rows: MemberRows
  readonly #reliabilities: Reliabilities
  #members = new Map<string, Member[]>()
  /** Doors by the source that sees them. */
  #seenBy = new Map<string, string[]>()
  readonly #newest = new Map<string, LastSaid>()
  readonly #emitted = new Map<string, Emitted>()
  #unsubscribe = () => {}
  #timer: NodeJS.Timeout | null = null
  readonly #refreshing = new Set<Promise<void>>()

  constructor(ports: DoorsPorts) {
    this.#ports = ports
    this.#rows = new MemberRows(ports.database)
    this.#reliabilities = new Reliabilities(ports)
  }

  /** Before the first result is recorded: what members said last, and how far they can be believed. */
  async start() {
    await this.#rows.removeOrphans((id) => this.#ports.sources.find(id) !== null)
    await this.#load()
    await this.refresh()
    this.#unsubscribe = this.#ports.events.subscribe((rows) => this.#onEvents(rows))
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS)
  }

  async close() {
    this.#unsubscribe()
    if (this.#timer) clearInterval(this.#timer)
    await Promise.allSettled(this.#refreshing)
  }

  membersOf(door: string): Member[] {
    return this.#members.get(door) ?? []
  }

  /** In place of those that it had. */
  async setMembers(door: string, members: Member[]) {
    await this.#rows.replace(door, members)
    await this.#load()
    this.#reliabilities.forget(door, members)
    await this.refresh(door)
  }

  /** Measures members again whose model or labels are others than before. @param only of this door */
  refresh(only?: string): Promise<void> {
    const work = async () => {
      for (const [door, members] of this.#members) {
        const source = this.#ports.sources.find(door)
        if (source && (only === undefined || only === door))
          await this.#reliabilities.refresh(door, source.states, members)
      }
    }
    const refreshing = work().finally(() => this.#refreshing.delete(refreshing))
    this.#refreshing.add(refreshing)
    return refreshing
  }

  reliabilityOf(door: Source, source: string) {
    return this.#reliabilities.of(door.id, source, door.states)
  }

  /**
   * The state of a door as it is told before its first result: somebody who could tell was not heard yet.
   * @param known as it was recorded of any source
   */
  told(id: string, known: CameraState): CameraState {
    const { sources } = this.#ports
    if (known.since !== null || known.reason !== 'no_model') return known
    const canTell = this.membersOf(id).some(({ source }) => modelAsked(sources, source) !== null)
    return canTell ? { ...known, reason: 'stale' } : known
  }

  /** What all members say right now, joined; without a trace. */
  look(door: Source): { details: DoorDetails; row: ResultsTable } {
    return joinedRow(door, this.#saidAt(door))
  }

  /**
   * What a result of a camera or sensor makes of the doors that it sees. In the recorder's transaction, which may ask again
   * with the same row.
   * @param row of a member, or of any other source, which gives nothing
   * @param receivedAt when what it is of came in, by our clock
   * @returns results of doors; `captured_at` is when the newest of their members saw what it says, by our clock
   */
  joined(row: ResultsTable, receivedAt: number): ResultsTable[] {
    const doors = this.#seenBy.get(row.camera)
    if (!doors || row.late) return []
    const before = this.#newest.get(row.camera) ?? null
    this.#newest.set(row.camera, lastSaid(saidIn(row, receivedAt), before))
    return doors.flatMap((id) => {
      const door = this.#ports.sources.find(id)
      if (door?.kind !== 'door') return []
      const { row: joined, details } = joinedRow(door, this.#saidAt(door))
      // One that is far behind the others says nothing of now.
      if (details.members.find(({ source }) => source === row.camera)?.left === 'stale') return []
      const kept = this.#isNews(door, joined, details, `${row.camera}/${row.captured_at}`)
      return kept ? [{ ...joined, details_json: JSON.stringify({ ...details, ...kept }) }] : []
    })
  }

  #saidAt(door: Source) {
    return membersSaid(
      this.membersOf(door.id).map((member) => ({
        member,
        source: this.#ports.sources.find(member.source),
        said: this.#newest.get(member.source) ?? null,
        model: modelAsked(this.#ports.sources, member.source),
        reliability: this.#reliabilities.of(door.id, member.source, door.states),
      })),
      door.states,
    )
  }

  /** Whether a result is kept: at even times, where something is new, and as many as debounce asks for. */
  #isNews(
    { debounce, staleAfterMs }: Source,
    { camera, captured_at, state, best }: ResultsTable,
    { disagreement }: DoorDetails,
    trigger: string,
  ) {
    const said = `${state} ${best} ${disagreement > 0}`
    const before = this.#emitted.get(camera) ?? NOTHING_EMITTED()
    const { triggers } = before
    const due = triggers.get(trigger) ?? Math.abs(captured_at - before.at) >= EVERY_MS
    const isAgain = triggers.has(trigger)
    // After so long a silence a state has to be earned again.
    const isRun = before.run.state === state && captured_at - before.run.at < staleAfterMs
    const length = isRun ? before.run.length : 0
    if (before.said === said && !due && !isAgain && length >= debounce) return null
    const run = { state, length: isAgain ? length : length + 1, at: captured_at }
    triggers.set(trigger, due)
    for (const old of triggers.keys()) if (triggers.size > MOST_TRIGGERS) triggers.delete(old)
    this.#emitted.set(camera, { at: due ? captured_at : before.at, said, run, triggers })
    return { due }
  }

  async #load() {
    const members = await this.#rows.load()
    const seenBy = new Map<string, string[]>()
    for (const [door, of] of members)
      for (const { source } of of) seenBy.set(source, [...(seenBy.get(source) ?? []), door])
    for (const source of seenBy.keys()) if (!this.#newest.has(source)) await this.#restore(source)
    for (const source of this.#newest.keys()) if (!seenBy.has(source)) this.#newest.delete(source)
    this.#members = members
    this.#seenBy = seenBy
  }

  async #restore(source: string) {
    const rows = await this.#ports.database.read
      .selectFrom('results as r')
      .leftJoin('frames as f', (join) =>
        join.onRef('f.camera', '=', 'r.camera').onRef('f.captured_at', '=', 'r.captured_at'),
      )
      .selectAll('r')
      .select('f.received_at')
      .where('r.camera', '=', source)
      .where('r.late', '=', 0)
      .orderBy('r.captured_at', 'desc')
      .limit(2)
      .execute()
    const [last, before = null] = rows.map(({ received_at, ...row }) => saidIn(row, received_at ?? Date.now()))
    // A newer one may have been recorded meanwhile.
    if (last && !this.#newest.has(source)) this.#newest.set(source, lastSaid(last, before))
  }

  #onEvents(rows: EventRow[]) {
    for (const { kind, data_json } of rows) {
      if (kind !== 'camera') continue
      const { camera, change } = JSON.parse(data_json) as { camera: string; change: string }
      if (change === 'deleted') void this.#onGone(camera)
      else if (change === 'renamed') void this.#load().then(() => this.refresh(), this.#failed)
      else if (this.#seenBy.has(camera) || camera.startsWith(`${DOORS}/`)) void this.refresh().catch(this.#failed)
    }
  }

  async #onGone(id: string) {
    if (!this.#seenBy.has(id) && !this.#members.has(id)) return
    try {
      await this.#rows.forget(id)
      await this.#load()
      this.#newest.delete(id)
      this.#emitted.delete(id)
      this.#reliabilities.forget(id)
    } catch (error) {
      this.#failed(error)
    }
  }

  readonly #failed = (error: unknown) =>
    this.#ports.log.warn({ err: error }, 'members of doors could not be read again; the next start does')
}

const NOTHING_EMITTED = (): Emitted => ({
  at: Number.NEGATIVE_INFINITY,
  said: '',
  run: { state: '', length: 0, at: Number.NEGATIVE_INFINITY },
  triggers: new Map(),
})

/** @param known what was its newest; asked again with the same row, that is this one itself */
function lastSaid(said: OneSaid, known: OneSaid | LastSaid | null): LastSaid {
  const before = known && known.at >= said.at && 'before' in known ? known.before : known
  if (!before) return { ...said, before: null }
  const { at, seenAt, state, best, confidence, reason, model } = before
  return { ...said, before: { at, seenAt, state, best, confidence, reason, model } }
}

/** Nothing was seen after it came in: a clock that is ahead would make all others seem old. */
function saidIn(
  { captured_at: at, state, best, confidence, reason, model }: ResultsTable,
  receivedAt: number,
): OneSaid {
  return { at, seenAt: Math.min(at, receivedAt), state, best, confidence, reason, model: model || null }
}
