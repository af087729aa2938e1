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
/** A door tells what its members said at most so long after the last of them said it. */
const JOINED_WITHIN_MS = 2000

/** Reads what is known of a member, and counts. Some hundred rows, by their keys. */
export async function measure(database: Database, asked: Measured): Promise<Reliability> {
  const { states, member, model } = asked
  const labels = await labelsSince(database, member.source, model)
  const byFrame = new Map(labels.map((label) => [`${member.source}/${label.captured_at}`, label.truth]))
  const known = new Set(model.testSet.map(({ frame }) => frame))
  const measured = model.testSet.flatMap(({ frame, truth, said, confidence }) =>
    judgedOf(asked, { truth: byFrame.get(frame) ?? truth, said, confidence }),
  )
  const newest = await doorResults(database, asked.door, { from: model.createdAt, limit: MOST_MOMENTS })
  const moments = momentsOf(newest, member.source)
  const labelled: Moment[] = []
  for (const { captured_at, truth, best, confidence } of labels) {
    if (known.has(`${member.source}/${captured_at}`)) continue
    const [of] = judgedOf(asked, { truth, said: best, confidence })
    if (!of) continue
    const beside = await doorResults(database, asked.door, {
      from: captured_at,
      to: captured_at + JOINED_WITHIN_MS,
      limit: 4,
    })
    const agreed =
      beside.map((details) => agreedOf(details, member.source, captured_at)).find((one) => one !== null) ?? null
    labelled.push({ ...of, agreed })
  }
  return reliabilityOf(states, measured, judgedSince(moments, labelled))
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
    .select(['l.captured_at', 'l.state as truth', 'r.best', 'r.confidence'])
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
  { from, to = Number.MAX_SAFE_INTEGER, limit }: { from: number; to?: number; limit: number },
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

/** What a member said beside others, each of its frames once. */
function momentsOf(results: DoorDetails[], source: string): Moment[] {
  const byTime = new Map<number, Moment>()
  for (const details of results) {
    const own = details.members.find((member) => member.source === source)
    if (!isStatement(own)) continue
    const { best: said, says, confidence, at } = own
    byTime.set(at, { said, says, confidence, agreed: agreedOf(details, source, at), truth: null })
  }
  return [...byTime.values()]
}

/** Whether all others agreed with what a member had said of this frame; null where it was another frame, or it was alone. */
function agreedOf({ members }: DoorDetails, source: string, at: number): boolean | null {
  const own = members.find((member) => member.source === source)
  if (!isStatement(own) || own.at !== at) return null
  const others = members.filter((member) => member !== own && isStatement(member))
  return others.length === 0 ? null : others.every(({ says }) => says === own.says)
}

type Stated = MemberSaid & { at: number; best: string; says: string; confidence: number }

function isStatement(member: MemberSaid | undefined): member is Stated {
  return member?.left === null && member.says !== null
}
