import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../database/schema.ts'
import type { DoorDetails, MemberSaid } from './door.ts'

/** Moments at which members of a door surely said different states, in a row the same. */
export interface Disagreement {
  /** The surest of these moments, milliseconds UTC. */
  at: number
  from: number
  to: number
  /** How many results of the door tell of it. */
  results: number
  /** What the door was said to be. */
  state: string
  confidence: number | null
  disagreement: number
  members: (MemberSaid & { label: string | null })[]
}

/** Results that are looked at for one answer, in pages. */
const MOST_LOOKED_AT = 20_000
const PAGE = 2000
/** What is said again after so long is another time. */
const APART_MS = 10_000

/**
 * @param before only moments before this one
 * @param order `surest`: of the newest 20,000 results of the door
 * @returns the newest first, and where the next ones begin; null where there are none
 */
export async function disagreementsOf(
  database: Kysely<StateTables>,
  door: string,
  { before, limit, order }: { before: number; limit: number; order: 'newest' | 'surest' },
): Promise<{ items: Disagreement[]; next: number | null }> {
  const found: Disagreement[] = []
  let last = before
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += PAGE) {
    const page = await pageOf(database, door, last)
    for (const row of page.rows) add(found, row)
    if (page.last === null)
      return { items: await withLabels(database, chosen(found, order, limit)), next: nextOf(found, order, limit, null) }
    last = page.last
    if (order === 'newest' && found.length > limit) break
  }
  return { items: await withLabels(database, chosen(found, order, limit)), next: nextOf(found, order, limit, last) }
}

function chosen(found: Disagreement[], order: 'newest' | 'surest', limit: number): Disagreement[] {
  if (order === 'newest') return found.slice(0, limit)
  return found.toSorted((a, b) => b.disagreement - a.disagreement || b.at - a.at).slice(0, limit)
}

/** @param last down to where was looked; null: to the end */
function nextOf(found: Disagreement[], order: 'newest' | 'surest', limit: number, last: number | null): number | null {
  if (order === 'surest') return null
  return found.length > limit ? (found[limit - 1]?.from ?? null) : last
}

interface Row {
  captured_at: number
  state: string
  confidence: number | null
  details: DoorDetails
}

/** Adds a moment to the one after it where that is the same still going on. */
function add(found: Disagreement[], { captured_at: at, state, confidence, details }: Row) {
  const { members, disagreement } = details
  const before = found.at(-1)
  const moment = { at, state, confidence, disagreement, members: members.map((one) => ({ ...one, label: null })) }
  if (!before || before.from - at > APART_MS || wordsOf(before.members) !== wordsOf(members)) {
    found.push({ ...moment, from: at, to: at, results: 1 })
    return
  }
  before.from = at
  before.results += 1
  if (disagreement > before.disagreement) Object.assign(before, moment)
}

function wordsOf(members: MemberSaid[]): string {
  return members.map(({ source, says, left }) => `${source} ${left === null ? says : ''}`).join()
}

/** One page of results, of which those that disagree are given. Bounded, however rare they are. */
async function pageOf(database: Kysely<StateTables>, door: string, before: number) {
  const { rows } = await sql<{
    captured_at: number
    state: string
    confidence: number | null
    details_json: string | null
  }>`
    select captured_at, state, confidence,
      case when json_extract(details_json, '$.disagreement') > 0 then details_json end as details_json
    from results where camera = ${door} and captured_at < ${before} order by captured_at desc limit ${PAGE}`.execute(
    database,
  )
  const last = rows.length < PAGE ? null : (rows.at(-1)?.captured_at ?? null)
  return {
    last,
    rows: rows.flatMap(({ details_json, ...row }) =>
      details_json === null ? [] : [{ ...row, details: JSON.parse(details_json) as DoorDetails }],
    ),
  }
}

async function withLabels(database: Kysely<StateTables>, items: Disagreement[]): Promise<Disagreement[]> {
  const members = items.flatMap((item) => item.members)
  for (const source of new Set(members.map((member) => member.source))) {
    const own = members.filter((member) => member.source === source && member.at !== null)
    const times = own.flatMap(({ at }) => at ?? [])
    if (times.length === 0) continue
    const rows = await database
      .selectFrom('labels')
      .select(['captured_at', 'state'])
      .where('camera', '=', source)
      .where('captured_at', 'in', times)
      .execute()
    const says = new Map(rows.map(({ captured_at, state }) => [captured_at, state]))
    for (const member of own) member.label = says.get(member.at ?? 0) ?? null
  }
  return items
}
