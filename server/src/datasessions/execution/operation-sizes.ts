import { type Kysely, sql } from 'kysely'
import type { StateTables } from '../../database/schema.ts'
import type { OperationResultRow } from '../../database/schema-laboratory.ts'
import { DetailError } from '../field-errors.ts'

/** How much operations are when they are shown: a session is shown whole, and answers are made on the event loop. */

/** Of one session. */
const MOST_OPERATIONS = 1000
const MOST_INPUT_BYTES = 8 * 1024 * 1024
/** Of all operations of a session: each is shown with up to four addresses. */
const MOST_OUTPUT_FILES = 10_000
/** Of a page, which ends early where there is more. */
export const MOST_PAGE_BYTES = 4 * 1024 * 1024
/** Of what operations found, in one answer. */
const MOST_DATA_BYTES = 4 * 1024 * 1024
/** How much one file of an output takes in an answer, about. */
const FILE_BYTES = 1000

/**
 * Of an operation `o` with its result `r`: bytes of the answer that it is shown in, about. Lengths stand in the heads of
 * rows: nothing is read to know them.
 */
const shownBytes = sql<number>`octet_length(o.input_json) + coalesce(octet_length(r.output_json), 0)
  + ${sql.lit(FILE_BYTES)} * (select count(*) from laboratory_files f where f.result = o.result)`

/** The same of all operations of a row of data_sessions. */
export const sessionBytes = sql<number>`octet_length(data_sessions.input_json) + coalesce((
  select sum(${shownBytes}) from operations o left join operation_results r on r.id = o.result
  where o.session = data_sessions.id), 0)`

/** @throws DetailError 409 where a session has no room for an operation more @param except one that goes for it */
export async function requireRoomIn(
  database: Kysely<StateTables>,
  session: number,
  inputJson: string,
  except = 0,
): Promise<void> {
  const { count, bytes } = await database
    .selectFrom('operations')
    .select(({ fn }) => [
      fn.countAll<number>().as('count'),
      sql<number>`coalesce(sum(octet_length(input_json)), 0)`.as('bytes'),
    ])
    .where('session', '=', session)
    .where('id', '!=', except)
    .executeTakeFirstOrThrow()
  const { files } = await database
    .selectFrom('operations as o')
    .innerJoin('laboratory_files as f', 'f.result', 'o.result')
    .select(({ fn }) => fn.countAll<number>().as('files'))
    .where('o.session', '=', session)
    .where('o.id', '!=', except)
    .executeTakeFirstOrThrow()
  const isFull =
    count >= MOST_OPERATIONS || bytes + Buffer.byteLength(inputJson) > MOST_INPUT_BYTES || files >= MOST_OUTPUT_FILES
  if (isFull) throw new DetailError(409, 'This data session holds as many operations as it may: remove some first.')
}

/** Of a page of a session's operations, the oldest first. */
export async function sizesOf(
  database: Kysely<StateTables>,
  session: number,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ id: number; bytes: number }[]> {
  return database
    .selectFrom('operations as o')
    .leftJoin('operation_results as r', 'r.id', 'o.result')
    .select(['o.id', shownBytes.as('bytes')])
    .where('o.session', '=', session)
    .orderBy('o.id')
    .limit(limit)
    .offset(offset)
    .execute()
}

export async function countOf(database: Kysely<StateTables>, session: number): Promise<number> {
  const { count } = await database
    .selectFrom('operations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('session', '=', session)
    .executeTakeFirstOrThrow()
  return count
}

/** Results as they are shown together: from where `data` would be too long it is left out; one alone has it. */
export async function shownResults(
  database: Kysely<StateTables>,
  ids: readonly number[],
): Promise<Pick<OperationResultRow, 'id' | 'output_json'>[]> {
  const sizes = await database
    .selectFrom('operation_results')
    .select(['id', sql<number>`octet_length(output_json)`.as('bytes')])
    .where('id', 'in', ids)
    .orderBy('id')
    .execute()
  const whole = firstWithin(MOST_DATA_BYTES, sizes)
  if (whole.length === 0) return []
  return database
    .selectFrom('operation_results')
    .select([
      'id',
      sql<string>`iif(id in (${sql.join(whole)}), output_json, json_set(output_json, '$.data', null))`.as(
        'output_json',
      ),
    ])
    .where('id', 'in', ids)
    .execute()
}

/** The first of them that are together no longer than that; at least one. */
export function firstWithin(most: number, sizes: readonly { id: number; bytes: number }[]): number[] {
  const ids: number[] = []
  let bytes = 0
  for (const one of sizes) {
    bytes += one.bytes
    if (bytes > most && ids.length > 0) break
    ids.push(one.id)
  }
  return ids
}
