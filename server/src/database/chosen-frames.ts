import { type Expression, sql } from 'kysely'
import type { FrameRow, ResultRow } from './schema.ts'
import type { StateDatabase } from './state-database.ts'

/** Which frames of a camera are asked for; times are milliseconds UTC. */
export interface Choice {
  camera: string
  state?: string
  /** A state, or `none` for unlabelled frames. */
  label?: string
  from?: number | undefined
  /** Exclusive. */
  to?: number
  /** Only the newest of those chosen in each so many milliseconds. */
  every?: number
  /** Only frames that had a picture, which may be pruned by now. */
  stored?: true
}

/** A frame with its result and its label. */
export type JoinedRow = Pick<
  FrameRow,
  'camera' | 'captured_at' | 'received_at' | 'stored_at' | 'size' | 'sha256' | 'outcome' | 'code' | 'late'
> & {
  [K in 'state' | 'best' | 'confidence' | 'probabilities_json' | 'reason' | 'model' | 'latency_ms' | 'details_json']:
    | ResultRow[K]
    | null
} & { label: string | null }

/** The most uncertain are looked for among so many of the newest: to compare all that a camera ever saw holds up others. */
export const MOST_COMPARED = 50_000
const FOREVER = 8_640_000_000_000_000

/** The newest of the chosen frames, newest first. */
export function newestOf(database: StateDatabase, choice: Choice, limit: number): Promise<JoinedRow[]> {
  const at = timeColumn(choice)
  return chosen(database, choice, at, limit).orderBy(at, 'desc').limit(limit).execute()
}

/** @param storedSince frames that were stored before have no picture to look at */
export async function mostUncertainOf(
  database: StateDatabase,
  choice: Choice,
  { storedSince, limit }: { storedSince: number; limit: number },
): Promise<JoinedRow[]> {
  const { camera, label } = choice
  const at = timeColumn({ state: 'any', ...choice })
  // Labels are few, and one that is wrong may be old.
  const isLabelled = at === 'l.captured_at'
  const from = isLabelled ? choice.from : await beginOfNewest(database, choice, MOST_COMPARED)
  let compared = chosen(database, { ...choice, from }, at, MOST_COMPARED, storedSince)
  if (isLabelled)
    compared = compared.where('f.captured_at', 'in', ({ selectFrom }) =>
      selectFrom('labels')
        .select('captured_at')
        .where('camera', '=', camera)
        .where('state', '=', label ?? ''),
    )
  return compared.orderBy('r.confidence').limit(limit).execute()
}

/** From when on there are so many frames of the span, or less. */
export async function beginOfNewest(
  { read }: StateDatabase,
  { camera, from = 0, to = FOREVER }: Choice,
  count: number,
) {
  const oldest = await read
    .selectFrom('frames')
    .select('captured_at')
    .where('camera', '=', camera)
    .where('captured_at', '<', to)
    .orderBy('captured_at', 'desc')
    .offset(count - 1)
    .limit(1)
    .executeTakeFirst()
  return Math.max(from, oldest?.captured_at ?? 0)
}

/** A frame with its result and its label. */
export function joined({ read }: StateDatabase) {
  return read
    .selectFrom('frames as f')
    .leftJoin('results as r', (join) =>
      join.onRef('r.camera', '=', 'f.camera').onRef('r.captured_at', '=', 'f.captured_at'),
    )
    .leftJoin('labels as l', (join) =>
      join.onRef('l.camera', '=', 'f.camera').onRef('l.captured_at', '=', 'f.captured_at'),
    )
    .select([
      'f.camera',
      'f.captured_at',
      'f.received_at',
      'f.stored_at',
      'f.size',
      'f.sha256',
      'f.outcome',
      'f.code',
      'f.late',
    ])
    .select(['r.state', 'r.best', 'r.confidence', 'r.probabilities_json', 'r.reason', 'r.model', 'r.latency_ms'])
    .select('r.details_json')
    .select('l.state as label')
}

type TimeColumn = 'f.captured_at' | 'r.captured_at' | 'l.captured_at'

/** SQLite walks the table by whose time it sorts, newest first: the one that has fewest rows to pass over. */
function timeColumn({ state, label }: Pick<Choice, 'state' | 'label'>): TimeColumn {
  if (label !== undefined && label !== 'none') return 'l.captured_at'
  return state === undefined ? 'f.captured_at' : 'r.captured_at'
}

/**
 * @param most of a thinned choice, more than this many are not looked for
 * @param storedSince only frames that were judged, and stored since then
 */
function chosen(database: StateDatabase, choice: Choice, at: TimeColumn, most: number, storedSince?: number) {
  const { camera, state, label, from = 0, to = FOREVER, every, stored } = choice
  const matching = (before: number | Expression<number>) => {
    let frames = joined(database).where('f.camera', '=', camera).where(at, '>=', from).where(at, '<', before)
    if (state !== undefined) frames = frames.where('r.state', '=', state)
    if (label === 'none') frames = frames.where('l.state', 'is', null)
    else if (label !== undefined) frames = frames.where('l.state', '=', label)
    if (stored) frames = frames.where('f.stored_at', 'is not', null)
    if (storedSince !== undefined)
      frames = frames.where('r.confidence', 'is not', null).where('f.stored_at', '>=', storedSince)
    return frames
  }
  if (every === undefined) return matching(to)
  const newest = (before: number | Expression<number>) =>
    matching(before).clearSelect().select(at).orderBy(at, 'desc').limit(1)
  // A number is bound as a float: the division has to be one of integers.
  const length = sql`cast(${every} as integer)`
  // From the newest of each span of time straight to the newest before that span: what lies between is not read.
  const thinned = sql<number>`(
    with recursive thinned(at) as (
      select (${newest(to)})
      union all
      select (${newest(sql<number>`thinned.at / ${length} * ${length}`)}) from thinned where thinned.at is not null
      limit ${most})
    select at from thinned)`
  return matching(to).where(at, 'in', thinned)
}
