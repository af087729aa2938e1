import { sql } from 'kysely'
import { beginOfNewest, type Choice, type JoinedRow, joined, MOST_COMPARED } from '../database/chosen-frames.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { type Candidate, type Labelled, rank, type Why } from './usefulness.ts'

/** Of each of the three ways in which candidates are found: to rank a thousand takes milliseconds. */
const MOST_OF_EACH = 300
/** Labelled frames that candidates are compared with: the newest. */
const MOST_LABELLED = 200
/** So many at once are more than anybody labels before asking again. */
export const MOST_USEFUL = 100
const HOURS = 24
/** So long the event loop does nothing else. */
const SLICE_MS = 5

/**
 * The unlabelled frames that teach most, the best first, of the newest 50,000 that have ended and have their picture.
 * @param storedSince frames that were stored before have no picture to look at
 */
export async function mostUsefulOf(
  database: StateDatabase,
  choice: Choice,
  { storedSince, limit }: { storedSince: number; limit: number },
): Promise<(JoinedRow & { why: Why })[]> {
  const from = await beginOfNewest(database, choice, MOST_COMPARED)
  const candidates = await candidatesOf(database, { ...choice, from }, storedSince)
  const labelled = await labelledOf(database, choice.camera)
  const picks = await inSlices(rank(candidates, labelled, Math.min(limit, MOST_USEFUL)))
  const times = picks.map(({ capturedAt }) => capturedAt)
  if (times.length === 0) return []
  const rows = await joined(database)
    .where('f.camera', '=', choice.camera)
    .where('f.captured_at', 'in', times)
    .where('l.state', 'is', null) // labelled in this moment
    .execute()
  const byTime = new Map(rows.map((row) => [row.captured_at, row]))
  return picks.flatMap(({ capturedAt, why }) => {
    const row = byTime.get(capturedAt)
    return row ? [{ ...row, why }] : []
  })
}

interface CandidateRow {
  captured_at: number
  confidence: number | null
  reason: string | null
  signature: Uint8Array | null
}

/**
 * About a thousand of them: those that the model was least sure of, those that are least like what it learned from, and
 * some of all times. Signatures of another backbone or region say nothing of those of the active model, so only results
 * count that see frames as that does.
 */
async function candidatesOf(
  { read }: StateDatabase,
  { camera, from = 0, to = Number.MAX_SAFE_INTEGER, state }: Choice,
  storedSince: number,
): Promise<Candidate[]> {
  const { rows } = await sql<CandidateRow>`
    with all_of_them as materialized (
      select f.captured_at, r.confidence, r.novelty, r.reason,
        iif(${modelsSight('r.model')} = ${activeSightOf(camera)}, r.signature, null) as signature
      from frames f left join results r on r.camera = f.camera and r.captured_at = f.captured_at
      where f.camera = ${camera} and f.captured_at >= ${from} and f.captured_at < ${to}
        and f.outcome = 'classified' and f.stored_at >= ${storedSince}
        and coalesce(r.reason, '') <> 'covered' and ${state === undefined ? sql`true` : sql`r.state = ${state}`}
        and not exists (select 1 from labels l where l.camera = f.camera and l.captured_at = f.captured_at))
    select * from (
      select captured_at, confidence, reason, signature from all_of_them
      where confidence is not null order by confidence limit ${MOST_OF_EACH})
    union select * from (
      select captured_at, confidence, reason, signature from all_of_them
      where novelty is not null order by novelty desc limit ${MOST_OF_EACH})
    union select max(captured_at), confidence, reason, signature from all_of_them, (
        select min(captured_at) as first, max(captured_at) - min(captured_at) + 1 as length from all_of_them)
      group by (captured_at - first) * ${sql.lit(MOST_OF_EACH)} / length`.execute(read)
  return rows.map(({ captured_at, confidence, reason, signature }) => ({
    capturedAt: captured_at,
    confidence,
    isUnlike: reason === 'unlike_training',
    signature,
  }))
}

/** What is to be ignored shows nothing that a label could be needed for. */
async function labelledOf({ read }: StateDatabase, camera: string): Promise<Labelled> {
  const { rows } = await sql<{ captured_at: number; signature: Uint8Array | null }>`
    select l.captured_at, coalesce(
      (select e.signature from embeddings e where e.camera = l.camera and e.captured_at = l.captured_at
        and ${recipesSight} = ${activeSightOf(camera)} and e.signature is not null limit 1),
      (select r.signature from results r where r.camera = l.camera and r.captured_at = l.captured_at
        and ${modelsSight('r.model')} = ${activeSightOf(camera)} limit 1)) as signature
    from labels l where l.camera = ${camera} and l.state <> 'ignore'
    order by l.captured_at desc limit ${MOST_LABELLED}`.execute(read)
  const counts = await sql<{ hour: number; labels: number }>`
    select (captured_at / 3600000) % 24 as hour, count(*) as labels
    from labels where camera = ${camera} and state <> 'ignore' group by 1`.execute(read)
  const hours = new Array<number>(HOURS).fill(0)
  for (const { hour, labels } of counts.rows) hours[hour] = labels
  return {
    signatures: rows.flatMap(({ signature }) => signature ?? []),
    times: rows.map(({ captured_at }) => captured_at),
    hours,
  }
}

/** How a model sees frames: its backbone and its region, or the view of readings. Signatures of other sights say nothing of each other. */
const sight = sql`m.backbone || coalesce(json_extract(m.details_json, '$.region'), json_extract(m.details_json, '$.view'), '')`
const modelsSight = (model: string) => sql`(select ${sight} from models m where m.id = ${sql.ref(model)})`

const activeSightOf = (camera: string) => sql`(
  select ${sight} from models m join cameras c on c.active_model = m.id where c.id = ${camera})`

/** The same of an embedding, whose recipe begins with both (`recipeFor`). */
const recipesSight = sql`json_extract(e.recipe, '$[0]') || coalesce(json_extract(e.recipe, '$[1]'), '')`

async function inSlices<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    for (const until = performance.now() + SLICE_MS; performance.now() < until; ) {
      const { done, value } = steps.next()
      if (done) return value
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}
