import { sql } from 'kysely'
import type { StateDatabase } from '../../../database/state-database.ts'

/** No window of readings, and no block of an evaluation, reaches over it. */
const PAUSE_MS = 60_000

/**
 * When the last reading of a file was that tells no times: now, or a minute before all that the sensor has, so that they
 * do not lie between what it sent itself. The same file sent again was at the same time: readings that are there twice
 * would be learned from and judged by, both.
 * @param sha256 of the file @param now milliseconds UTC
 */
export async function endOfTimes(
  { read }: StateDatabase,
  sensor: string,
  sha256: string,
  now: number,
): Promise<number> {
  const before = await read
    .selectFrom('jobs')
    .select(sql<number | null>`json_extract(params_json, '$.endAt')`.as('end_at'))
    .where('kind', '=', 'import')
    .where('camera', '=', sensor)
    .where(sql`json_extract(params_json, '$.sha256')`, '=', sha256)
    .orderBy('created_at')
    .executeTakeFirst()
  if (typeof before?.end_at === 'number') return before.end_at
  const { first } = await read
    .selectFrom('frames')
    .select(({ fn }) => fn.min<number | null>('captured_at').as('first'))
    .where('camera', '=', sensor)
    .executeTakeFirstOrThrow()
  return first === null ? now : Math.min(now, first - PAUSE_MS)
}
