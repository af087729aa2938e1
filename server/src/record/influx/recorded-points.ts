import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { FrameId } from '../../database/frames/frame-store.ts'
import { numbersOf } from '../../database/frames/vector-bytes.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { type Point, pointOfSkipped, pointOfTransition, pointsOfResult, readingPoint } from './points.ts'

type Database = StateDatabase['read']

/** Made points of in one go: whatever else the process does waits as long. */
const ROWS_AT_ONCE = 100

/** A row within its series; `more` tells rows of one time apart. */
export interface Place {
  at: number
  more: string
}

/** What is read of a series in one go. */
export interface Page {
  rows: number
  points: Point[]
  /** The next page begins behind it; null: the series ends here. */
  last: Place | null
}

/** The bytes of what stands in the frames files, each or null. */
export type BytesOf = (frames: FrameId[]) => Promise<(Uint8Array | null)[]>

/** One kind of what is recorded: series by their names, each in the order of time. All of it is read by keys. */
export interface Recorded {
  /** For people. */
  name: 'results' | 'skipped frames' | 'transitions' | 'readings' | 'readings of sensors with states'
  /** Its part of the work, of 1: a guess, since counting it all would be work too. */
  share: number
  /** The series that comes next, or null. */
  nextSeries(database: Database, after: string): Promise<string | null>
  /** When the first row at or after `from` was, and the last one; null where there is none. */
  ends(database: Database, series: string, from: number): Promise<{ first: number; last: number } | null>
  page(database: Database, series: string, after: Place, limit: number, bytesOf: BytesOf): Promise<Page>
  /** Counts what becomes points of at most `limit` rows behind `after` and before the time `to`. */
  count(
    database: Database,
    series: string,
    after: Place,
    to: number,
    limit: number,
  ): Promise<{ counted: number; last: Place | null }>
}

/** Behind all rows of that time. */
export function behind(at: number): Place {
  return { at, more: '\u{10ffff}' }
}

interface Shape extends Pick<Recorded, 'name' | 'share'> {
  table: 'results' | 'frames' | 'transitions' | 'readings'
  /** The columns that name a series. */
  series: readonly string[]
  /** The columns that order it: its time, and what tells rows of one time apart. */
  order: readonly [time: string, more?: string]
  /** What is read of a row, besides all of it. */
  also?: RawBuilder<unknown>
  /** Whether a row becomes points. */
  counts: RawBuilder<unknown>
  /** Of what its points are made beside the row: the bytes in the frames files. */
  hasBytes?: boolean
  /** The series behind one, in one column of their name, where they are not those of the table. */
  seriesBehind?(after: string): RawBuilder<Record<string, string>>
  // biome-ignore lint/suspicious/noExplicitAny: rows of the table, which only this function reads
  points(row: any, bytes: Uint8Array | null): (Point | null)[]
}

/** In the order in which they are written: the least first, for what is interrupted. */
const SHAPES: readonly Shape[] = [
  {
    ...{ name: 'transitions', share: 0.02, table: 'transitions', series: ['camera'], order: ['at'] },
    counts: sql`1`,
    points: (row) => [pointOfTransition(row)],
  },
  {
    ...{ name: 'results', share: 0.68, table: 'results', series: ['camera'], order: ['captured_at', 'model'] },
    also: sql`, (select classified_at - received_at from frames
      where frames.camera = t.camera and frames.captured_at = t.captured_at) as pipeline_ms`,
    counts: sql`1`,
    points: ({ pipeline_ms, ...row }) => pointsOfResult(row, pipeline_ms),
  },
  {
    ...{ name: 'skipped frames', share: 0.1, table: 'frames', series: ['camera'], order: ['captured_at'] },
    counts: sql`(outcome = 'skipped' and code is not 'imported')`,
    points: (row) => [pointOfSkipped(row)],
  },
  {
    ...{ name: 'readings', share: 0.1, table: 'readings', series: ['device', 'sensor'], order: ['at'] },
    counts: sql`1`,
    points: (row) => [readingPoint(row)],
  },
  {
    ...{ name: 'readings of sensors with states', share: 0.1, table: 'frames', series: ['camera'] },
    order: ['captured_at'],
    seriesBehind: (after) =>
      sql`select id as camera from cameras where kind = 'sensor' and id > ${after} order by id limit 1`,
    counts: sql`(stored_at is not null and outcome in ('classified', 'skipped') and code is not 'imported')`,
    hasBytes: true,
    points: ({ camera, captured_at, outcome, code }, bytes) => {
      const numbers = bytes && numbersOf(bytes)
      if (!numbers || outcome === 'refused' || code === 'imported') return []
      const [device = '', sensor = ''] = camera.split('/')
      const value_json = JSON.stringify(numbers.length === 1 ? numbers[0] : numbers)
      return [readingPoint({ device, sensor, at: captured_at, value_json })]
    },
  },
]

export const RECORDED: readonly Recorded[] = SHAPES.map(recorded)

function recorded({ name, share, table, series: columns, order, also, counts, ...shape }: Shape): Recorded {
  const [time] = order
  const from = sql`from ${sql.table(table)} as t`
  /** Of a series with one column, the name is its value, whatever it holds. */
  const partsOf = (series: string) => (columns.length === 1 ? [series] : series.split('/'))
  const isIn = (series: string) => sql`${tuple(columns)} = (${sql.join(partsOf(series))})`
  const isBehind = ({ at, more }: Place) => sql`${tuple(order)} > (${sql.join([at, more].slice(0, order.length))})`
  const placeOf = (row: Record<string, unknown>): Place => {
    return { at: Number(row[time]), more: String(row[order[1] ?? ''] ?? '') }
  }
  return {
    name,
    share,
    async nextSeries(database, after) {
      const parts = after === '' ? columns.map(() => '') : partsOf(after)
      const next =
        shape.seriesBehind?.(after) ??
        sql<Record<string, string>>`
          select ${sql.join(columns.map((column) => sql.ref(column)))} ${from}
          where ${tuple(columns)} > (${sql.join(parts)}) order by ${list(columns)} limit 1`
      const { rows } = await next.execute(database)
      const [row] = rows
      return row ? columns.map((column) => row[column]).join('/') : null
    },
    async ends(database, series, at) {
      const ends = sql`${from} where ${isIn(series)} and ${sql.ref(time)} >= ${at}`
      const { rows } = await sql<{ first: number | null; last: number | null }>`
        select (select min(${sql.ref(time)}) ${ends}) as first, (select max(${sql.ref(time)}) ${ends}) as last`.execute(
        database,
      )
      const { first, last } = rows[0] ?? { first: null, last: null }
      return first === null || last === null ? null : { first, last }
    },
    async page(database, series, after, limit, bytesOf) {
      const { rows } = await sql<Record<string, unknown>>`
        select t.* ${also ?? sql``} ${from}
        where ${isIn(series)} and ${isBehind(after)} order by ${list(order)} limit ${limit}`.execute(database)
      const last = rows.at(-1)
      const found: Point[] = []
      for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
        const some = rows.slice(i, i + ROWS_AT_ONCE)
        const frames = some.map((row) => ({ camera: series, capturedAt: Number(row[time]) }))
        const bytes = shape.hasBytes ? await bytesOf(frames) : []
        for (const [k, row] of some.entries())
          for (const point of shape.points(row, bytes[k] ?? null)) if (point) found.push(point)
        await nextTurn()
      }
      return { rows: rows.length, points: found, last: last && rows.length === limit ? placeOf(last) : null }
    },
    async count(database, series, after, to, limit) {
      const { rows } = await sql<{ counted: number | null; rows: number; at: number; more: string }>`
        select sum(is_counted) as counted, count(*) as rows, max(at) as at, more from (
          select ${counts} as is_counted, ${sql.ref(time)} as at, ${order[1] ? sql.ref(order[1]) : sql`''`} as more ${from}
          where ${isIn(series)} and ${isBehind(after)} and ${sql.ref(time)} < ${to} order by ${list(order)} limit ${limit})`.execute(
        database,
      )
      const [found] = rows
      if (!found || found.rows === 0) return { counted: 0, last: null }
      const last = found.rows === limit ? { at: found.at, more: found.more } : null
      return { counted: found.counted ?? 0, last }
    },
  }
}

const list = (columns: readonly (string | undefined)[]) =>
  sql.join(columns.filter((column) => column !== undefined).map((column) => sql.ref(column)))

/** Compared as SQLite compares rows, which it does by an index. */
const tuple = (columns: readonly (string | undefined)[]) => sql`(${list(columns)})`
