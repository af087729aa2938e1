import type { CameraState } from '@ajar/protocol'
import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import { Type } from 'typebox'
import type { StateTables, TransitionRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Source, Sources } from '../devices/sources.ts'
import type { Http } from '../http/http.ts'
import { NOUNS } from '../http/nouns.ts'
import { iso, listOf, Milliseconds, nullable, Time } from '../http/shapes.ts'
import { refuseEmpty } from '../http/span.ts'
import { frameRuns } from './frame-runs.ts'

const Segment = Type.Object({
  from: Time,
  to: Time,
  state: Type.String(),
  reason: nullable(Type.String({ description: 'why it is `unknown`' })),
  frame: nullable(Type.String({ description: 'the frame that made the state' })),
})
const every = Type.Optional(
  Type.Integer({ minimum: 1, description: 'of the changes of each so many milliseconds only the last' }),
)
/** Milliseconds UTC. */
interface Said {
  from: number
  to: number
  state: string
  reason: string | null
  frame: string | null
}

const MOST_SEGMENTS = 5000
/** A wall shows a strip of each camera: finer than that nobody sees. */
const MOST_SEGMENTS_ON_WALL = 500

interface Span {
  from: number
  to: number
  every: number | undefined
  limit: number
}

export interface RibbonPorts {
  database: StateDatabase
  sources: Sources
  /** The state that is published of the camera. */
  state(camera: string): CameraState
}

/**
 * In which states cameras were over a span: their transitions, and the state that was in force when it began. Nothing is
 * said of a time when nothing was known, because no frames came.
 */
export function ribbonRoutes(http: Http, { database, sources, state }: RibbonPorts) {
  const ribbon = async (camera: Source, span: Span) => {
    const changes = await changesOf(database, camera.id, span)
    // Where older changes were left out, nothing is said of the time before.
    const isCut = changes.length === span.limit
    const before = isCut ? [] : await saidBefore(database, camera, changes[0], state(camera.id), span)
    const segments = [...before, ...saidBy(camera, changes, span)]
    return segments.map((segment) => ({ ...segment, from: iso(segment.from), to: iso(segment.to) }))
  }

  for (const noun of NOUNS)
    http.get(
      `${noun.path}/ribbon`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'States over a span, oldest first; where there are more than `limit`, the newest of them',
          description:
            'Before a camera earned its first state there are segments of `unknown` where frames came, and none where none ' +
            'did; /time-in-state counts both as `unknown`.',
          params: noun.params,
          querystring: Type.Object({
            from: Milliseconds,
            to: Milliseconds,
            every,
            limit: Type.Integer({ minimum: 1, maximum: MOST_SEGMENTS, default: 1000 }),
          }),
          response: { 200: listOf(Segment) },
        },
      },
      async ({ params, query }) => {
        const camera = sources.at(noun, params)
        return { items: await ribbon(camera, spanOf(query)), next: null }
      },
    )

  http.get(
    '/api/ribbons',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'States of all cameras over a span',
        querystring: Type.Object({ from: Milliseconds, to: Milliseconds, every }),
        response: { 200: listOf(Type.Object({ camera: Type.String(), segments: Type.Array(Segment) })) },
      },
    },
    async ({ query }) => {
      const span = spanOf({ ...query, limit: MOST_SEGMENTS_ON_WALL })
      const one = async (camera: Source) => ({ camera: camera.id, segments: await ribbon(camera, span) })
      return { items: await Promise.all(sources.list().map(one)), next: null }
    },
  )
}

function spanOf({ from, to, limit, ...query }: { from: number; to: number; limit: number; every?: number }): Span {
  refuseEmpty({ from, to })
  return { from, to, limit, every: query.every }
}

/** The changes within the span and the one in force when it began, oldest first. */
async function changesOf({ read }: StateDatabase, camera: string, span: Span): Promise<TransitionRow[]> {
  const { from, to, limit } = span
  const inForce = read
    .selectFrom('transitions')
    .select(({ fn }) => fn.max('at').as('at'))
    .where('camera', '=', camera)
    .where('at', '<=', from)
  const begin = ({ fn }: ExpressionBuilder<StateTables, 'transitions'>) => fn.coalesce(inForce, sql<number>`${from}`)
  let within = read
    .selectFrom('transitions')
    .selectAll()
    .where('camera', '=', camera)
    .where('at', '<', to)
    .where((eb) => eb('at', '>=', begin(eb)))
  const whole = within
  if (span.every !== undefined) within = within.where('at', 'in', lastOfEach(camera, span, span.every))
  const rows = await within.orderBy('at', 'desc').limit(limit).execute()
  const [oldest] = rows.reverse()
  if (span.every === undefined || !oldest || oldest.at <= from || rows.length === limit) return rows
  // Nothing was in force when it began. What the oldest that is left came from may have lasted a moment, as others before
  // it that were left out: what was before is what the very first change came from.
  const very = await whole.orderBy('at', 'asc').limit(1).executeTakeFirst()
  return very && very.at < oldest.at ? [very, ...rows] : rows
}

/**
 * The last change of each so many milliseconds, the newest first, down to the one in force when the span began. It goes from one straight to the next: what lies
 * between is not read.
 */
function lastOfEach(camera: string, { from, to, limit }: Span, every: number) {
  const last = (before: RawBuilder<unknown>) =>
    sql`(select max(at) from transitions where camera = ${camera} and at < ${before})`
  // A number is bound as a float: the division has to be one of integers.
  const length = sql`cast(${every} as integer)`
  return sql<number>`(
    with recursive thinned(at) as (
      select ${last(sql`${to}`)}
      union all
      select ${last(sql`thinned.at / ${length} * ${length}`)} from thinned where thinned.at > ${from}
      limit ${limit})
    select at from thinned)`
}

/** What is said of each change, until the next one. */
function saidBy(camera: Source, changes: TransitionRow[], { from, to }: Span): Said[] {
  return changes.map((change, index) => ({
    from: Math.max(from, change.at),
    to: Math.min(to, changes[index + 1]?.at ?? to),
    state: change.to_state,
    reason: change.reason,
    frame: change.frame_at === null ? null : `${camera.id}/${change.frame_at}`,
  }))
}

/**
 * What is said of the time before the first change, or of all of it where nothing ever changed: a state that was in
 * force, or `unknown` where frames came and none was earned. Where no frames came, nothing is said.
 * @param live the camera's state now, which is all that is known of a camera that never changed
 */
async function saidBefore(
  database: StateDatabase,
  camera: Source,
  first: TransitionRow | undefined,
  live: CameraState,
  { from, to, every, limit }: Span,
): Promise<Said[]> {
  const end = first?.at ?? to
  const known = first ? { state: first.from_state, since: camera.createdAt, reason: null, frame: null } : live
  const { state, since, reason = null, frame } = known
  if (state !== 'unknown') {
    const begin = Math.max(from, since ?? end)
    return begin < end ? [{ from: begin, to: end, state, reason, frame }] : []
  }
  if (from >= end) return []
  const lasts = camera.staleAfterMs
  const runs = await frameRuns(database, camera.id, { from, to: end, gap: Math.max(lasts, every ?? 0), lasts, limit })
  return runs.map((run) => ({ ...run, state: 'unknown', reason, frame: null }))
}
