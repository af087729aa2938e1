import { sql } from 'kysely'
import { BUILT_AT_MS } from '../built-at.ts'
import { resultsWent, transitionsWent } from '../database/history-rows.ts'
import { isRenaming } from '../database/kept-frames.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Log } from '../logging/levels.ts'
import type { Limits } from './limits.ts'
import { pruneHours, pruneMinutes } from './old-history.ts'

export interface OldRowsPorts {
  database: StateDatabase
  limits: Pick<Limits, 'rowsAgeMs' | 'rowsBytes' | 'hoursAgeMs'>
  /** Milliseconds UTC, as far as the clock is believed. */
  now(): number
  log: Pick<Log, 'info' | 'warn'>
}

/** Milliseconds UTC: `from` inclusive, `to` exclusive. */
interface Span {
  from: number
  to: number
}

/** Rows in one transaction: the recording of results waits as long. */
const SLICE = 500
const FIRST_PRUNE_MS = 30_000
const PRUNE_MS = 600_000
/** Where state.db takes too much, rows go that are younger by this, step by step. */
const YOUNGER = 0.75
/** Younger rows stay whatever they take. */
const LEAST_AGE_MS = 86_400_000
/** Younger hours stay whatever they take. */
const LEAST_HOURS_AGE_MS = 366 * 86_400_000

/**
 * Lets old rows of state.db go: frames that ended, their results, transitions and readings, and long after them the hours
 * that tell of them. What was said of a labelled frame stays. Rows are chosen through the connection that reads, and go in slices through the one that writes.
 */
export class OldRows {
  readonly #ports: OldRowsPorts
  #timer: NodeJS.Timeout | null = null
  #pruning: Promise<void> = Promise.resolve()
  #isClosing = false

  constructor(ports: OldRowsPorts) {
    this.#ports = ports
  }

  start() {
    this.#arrange(FIRST_PRUNE_MS)
  }

  async close() {
    this.#isClosing = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#pruning
  }

  /** Lets go what is too old, and where state.db takes too much, more. One after the other. */
  prune(): Promise<void> {
    const pruned = this.#pruning.then(() => this.#prune())
    this.#pruning = pruned.catch(() => {}) // whoever asked is told
    return pruned
  }

  /** The next one waits for the one before, however long that takes. */
  #arrange(delayMs: number) {
    this.#timer = setTimeout(async () => {
      try {
        await this.prune()
      } catch (err) {
        if (!this.#isClosing) this.#ports.log.warn({ err }, 'old rows cannot go; trying again')
      }
      if (!this.#isClosing) this.#arrange(PRUNE_MS)
    }, delayMs)
  }

  async #prune(): Promise<void> {
    const { limits, log } = this.#ports
    const now = this.#ports.now()
    // What was stored before the clock was set is of no known age: it goes where room is needed.
    let span = { from: BUILT_AT_MS, ageMs: limits.rowsAgeMs }
    for (;;) {
      const rows = await this.#pruneSpan({ from: span.from, to: now - span.ageMs })
      if (rows > 0) log.info({ rows }, 'old rows of state.db went')
      if (span.ageMs <= LEAST_AGE_MS || (await this.#isEnough())) break
      span = { from: 0, ageMs: Math.max(LEAST_AGE_MS, span.ageMs * YOUNGER) }
    }
    for (let ageMs = limits.hoursAgeMs; ; ageMs = Math.max(LEAST_HOURS_AGE_MS, ageMs * YOUNGER)) {
      await this.#pruneHours(now - ageMs)
      if (ageMs <= LEAST_HOURS_AGE_MS || (await this.#isEnough())) return
    }
  }

  /** Whether no more has to go than what is too old. */
  async #isEnough(): Promise<boolean> {
    return this.#isClosing || (await this.#usedBytes()) <= this.#ports.limits.rowsBytes
  }

  async #pruneHours(before: number) {
    const { database } = this.#ports
    for (const { id } of await database.read.selectFrom('cameras').select('id').execute())
      while (!this.#isClosing && (await pruneHours(database, id, before)) > 0);
  }

  /** @param span when rows were stored, in milliseconds UTC; `to` exclusive */
  async #pruneSpan(span: Span): Promise<number> {
    const { read } = this.#ports.database
    const cameras = await read.selectFrom('cameras').select('id').execute()
    let rows = 0
    for (const { id } of cameras) {
      rows += await this.#slices(() => this.#frames(id, span))
      rows += await this.#slices(() => this.#transitions(id, span.to))
      while (!this.#isClosing && (await pruneMinutes(this.#ports.database, id)) > 0);
    }
    const readings = await this.#slices(() => this.#readings(span))
    if (readings > 0) await this.#emptySensors()
    return rows + readings
  }

  /** Slice by slice until one is not full. @returns how many rows went */
  async #slices(prune: () => Promise<number>): Promise<number> {
    for (let rows = 0; ; ) {
      const slice = this.#isClosing ? 0 : await prune()
      rows += slice
      if (slice < SLICE) return rows
    }
  }

  async #frames(camera: string, { from, to }: Span): Promise<number> {
    const { read, write } = this.#ports.database
    const old = await read
      .selectFrom('frames as f')
      .select('f.captured_at')
      .where('f.camera', '=', camera)
      .where('f.captured_at', '<', to)
      .where('f.recorded_at', '>=', from)
      .where('f.recorded_at', '<', to) // a backlog or a replay of old pictures has its days too
      .where(isUnlabelled)
      .orderBy('f.captured_at')
      .limit(SLICE)
      .execute()
    if (old.length === 0) return 0
    return write.transaction().execute(async (transaction) => {
      if (await isRenaming(transaction)) return 0
      // Labelled in between, it stays.
      const going = await transaction
        .deleteFrom('frames as f')
        .where('f.camera', '=', camera)
        .where('f.captured_at', 'in', timesOf(old))
        .where(isUnlabelled)
        .returning('captured_at')
        .execute()
      if (going.length > 0)
        for (const table of ['results', 'labels'] as const) // of labels only some that say `ignore` are left
          await transaction
            .deleteFrom(table)
            .where('camera', '=', camera)
            .where('captured_at', 'in', timesOf(going))
            .execute()
      if (going.length > 0) await resultsWent(transaction, camera, Math.max(...timesOf(going)) + 1)
      return old.length
    })
  }

  /** A transition is forgotten after the frame that it came with, once hours tell of it. */
  async #transitions(camera: string, time: number): Promise<number> {
    const { read, write } = this.#ports.database
    const old = await read
      .selectFrom('transitions as t')
      .innerJoin('history_progress as p', 'p.camera', 't.camera')
      .select(['t.id', 't.at'])
      .where('t.camera', '=', camera)
      .where('t.at', '<', time)
      .whereRef('t.at', '<', 'p.hours_to')
      .where(sql<boolean>`not exists (select 1 from frames f where f.camera = t.camera and f.captured_at = t.frame_at)`)
      .orderBy('t.at')
      .limit(SLICE)
      .execute()
    if (old.length === 0) return 0
    return write.transaction().execute(async (transaction) => {
      if (await isRenaming(transaction)) return 0
      const ids = old.map(({ id }) => id)
      await transaction.deleteFrom('transitions').where('id', 'in', ids).execute()
      await transitionsWent(transaction, camera, Math.max(...old.map(({ at }) => at)))
      return old.length
    })
  }

  async #readings({ from, to }: Span): Promise<number> {
    const { read, write } = this.#ports.database
    const old = await read
      .selectFrom('readings')
      .select(['device', 'sensor', 'at'])
      .where('at', '<', to)
      .where('received_at', '>=', from)
      .where('received_at', '<', to)
      .orderBy('at')
      .limit(SLICE)
      .execute()
    if (old.length > 0)
      await write
        .deleteFrom('readings')
        .where(({ eb, refTuple, tuple }) =>
          eb(
            refTuple('device', 'sensor', 'at'),
            'in',
            old.map(({ device, sensor, at }) => tuple(device, sensor, at)),
          ),
        )
        .execute()
    return old.length
  }

  /** A sensor is forgotten with its last reading; one that is set up stays, for its readings are frames. */
  async #emptySensors() {
    await this.#ports.database.write
      .deleteFrom('sensors as s')
      .where(sql<boolean>`not exists (select 1 from readings r where r.device = s.device and r.sensor = s.name)
        and not exists (select 1 from cameras c where c.id = s.device || '/' || s.name and c.kind = 'sensor')`)
      .execute()
  }

  /** What of state.db holds rows: what went leaves room for others, and the file as large as it was. */
  async #usedBytes(): Promise<number> {
    const { rows } = await sql<{ used: number }>`
      select (page_count - freelist_count) * page_size as used
      from pragma_page_count, pragma_freelist_count, pragma_page_size`.execute(this.#ports.database.read)
    return rows[0]?.used ?? 0
  }
}

/** That a frame is to be ignored is no reason to keep its rows. */
const isUnlabelled = sql<boolean>`not exists (
  select 1 from labels l where l.camera = f.camera and l.captured_at = f.captured_at and l.state <> 'ignore')
  and not exists (select 1 from borrowed_labels b where b.source = f.camera and b.captured_at = f.captured_at)`

function timesOf(rows: { captured_at: number }[]): number[] {
  return rows.map(({ captured_at }) => captured_at)
}
