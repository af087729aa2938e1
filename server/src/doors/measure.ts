import type { TestFrame } from '@ajar/models'
import type { Kysely } from 'kysely'
import type { StateTables } from '../database/schema.ts'
import { MARKS } from '../marks.ts'
import { type DoorDetails, type Member, type MemberSaid, saidOfDoor } from './door.ts'
import { type Judged, type Reliability, reliabilityOf } from './reliability.ts'
import { judgedSince, type Moment } from './since.ts'

type Database = Kysely<StateTables>

/** Whose reliability is measured, and by what. */
export interface Measured {
  /** `doors/name` */
  door: string
  /** The door's. */
  states: string[]
  member: Member
  /** The model that the member is asked with. */
  model: { id: string; createdAt: number; testSet: TestFrame[] }
}

/** The newest results of a door by which it is told how often members disagree. */
const MOST_MOMENTS = 500
/** The newest labels since a model was made; for each the results of a door that came with its frame are looked up. */
const MOST_LABELS = 200
/** Results of a door that tell of a member's frame come so long after it at most, or are not asked for. */
const JOINED_WITHIN_MS = 5000
const MOST_BESIDE = 20

/** Reads what is known of a member, and counts. Some hundred rows, by their keys. */
export async function measure(database: Database, asked: Measured): Promise<Reliability> {
  const { states, member, model } = asked
  const labels = await labelsSince(database, member.source, model)
  const byFrame = new Map(labels.map((label) => [`${member.source}/${label.captured_at}`, label.truth]))
  const known = new Set(model.testSet.map(({ frame }) => frame))
  const measured = model.testSet.flatMap(({ frame, truth, said, confidence }) =>
    judgedOf(asked, { truth: byFrame.get(frame) ?? truth, said, confidence }),
  )
  const newest = await doorResults(database, asked.door, { limit: MOST_MOMENTS })
  const moments = momentsOf(newest, member.source, model.id)
  const labelled: Moment[] = []
  for (const { captured_at, received_at, truth, best, confidence } of labels) {
    if (known.has(`${member.source}/${captured_at}`)) continue
    const [of] = judgedOf(asked, { truth, said: best, confidence })
    if (!of) continue
    // The door's times are ours; the clock of a member may be ahead.
    const from = Math.min(captured_at, received_at ?? captured_at)
    const span = { from, to: from + JOINED_WITHIN_MS, limit: MOST_BESIDE }
    const beside = await doorResults(database, asked.door, span)
    const agreed = beside.reduceRight<boolean | null>(
      (known, details) => known ?? agreedOf(details, member.source, captured_at),
      null,
    )
    labelled.push({ ...of, agreed })
  }
  const sinceRight = labelled.filter(({ truth, says }) => truth === says).length
  const of = reliabilityOf(states, measured, judgedSince(moments, labelled))
  return { ...of, since: labelled.length, sinceRight }
}

/** How many labels there are since, and when the last was made: measured again when this changes. */
export async function labelsMark(database: Database, source: string, since: number): Promise<string> {
  const { count, last } = await database
    .selectFrom('labels')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max('labelled_at').as('last')])
    .where('camera', '=', source)
    .where('labelled_at', '>', since)
    .executeTakeFirstOrThrow()
  return `${count} ${last}`
}

function judgedOf(
  { member, states }: Measured,
  { truth, said, confidence }: { truth: string; said: string; confidence: number },
): (Judged & { truth: string })[] {
  const [ofDoor, says] = [saidOfDoor(member, truth, states), saidOfDoor(member, said, states)]
  return ofDoor === null || says === null ? [] : [{ truth: ofDoor, said, says, confidence, count: 1 }]
}

/** Frames that were labelled after the model was made, with what it says of them. */
async function labelsSince(database: Database, source: string, { id, createdAt }: Measured['model']) {
  const rows = await database
    .selectFrom('labels as l')
    .innerJoin('results as r', (join) =>
      join.onRef('r.camera', '=', 'l.camera').onRef('r.captured_at', '=', 'l.captured_at').on('r.model', '=', id),
    )
    .leftJoin('frames as f', (join) =>
      join.onRef('f.camera', '=', 'l.camera').onRef('f.captured_at', '=', 'l.captured_at'),
    )
    .select(['l.captured_at', 'f.received_at', 'l.state as truth', 'r.best', 'r.confidence'])
    .where('l.camera', '=', source)
    .where('l.labelled_at', '>', createdAt)
    .where('l.state', 'not in', MARKS)
    .orderBy('l.labelled_at', 'desc')
    .limit(MOST_LABELS)
    .execute()
  return rows.flatMap(({ best, confidence, ...row }) =>
    best === null || confidence === null ? [] : [{ ...row, best, confidence }],
  )
}

/** The newest first. */
async function doorResults(
  database: Database,
  door: string,
  { from = 0, to = Number.MAX_SAFE_INTEGER, limit }: { from?: number; to?: number; limit: number },
): Promise<DoorDetails[]> {
  const rows = await database
    .selectFrom('results')
    .select('details_json')
    .where('camera', '=', door)
    .where('captured_at', '>=', from)
    .where('captured_at', '<', to)
    .orderBy('captured_at', 'desc')
    .limit(limit)
    .execute()
  return rows.flatMap(({ details_json }) => (details_json === null ? [] : [JSON.parse(details_json)]))
}

/** What a member said beside others, each of its frames once: as others said it nearest to it. */
function momentsOf(results: DoorDetails[], source: string, model: string): Moment[] {
  const byTime = new Map<number, Moment>()
  for (const { members, due } of results) {
    const own = members.find((member) => member.source === source)
    // Others are kept since members disagreed: they would be counted twice.
    if (!due || !isStatement(own) || own.agreed === null || own.model !== model) continue
    const { best: said, says, confidence, at, agreed } = own
    byTime.set(at, { said, says, confidence, agreed, truth: null })
  }
  return [...byTime.values()]
}

/** Whether others agreed with what a member had said of this frame; null where nobody knows. */
function agreedOf({ members }: DoorDetails, source: string, at: number): boolean | null {
  return members.find((member) => member.source === source && member.at === at)?.agreed ?? null
}

type Stated = MemberSaid & { at: number; best: string; says: string; confidence: number }

function isStatement(member: MemberSaid | undefined): member is Stated {
  return member?.left === null && member.says !== null
}
