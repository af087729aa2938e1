import { Type } from 'typebox'
import { type Choice, type JoinedRow, mostUncertainOf, newestOf } from '../database/chosen-frames.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { badRequest } from '../http/errors.ts'
import { Milliseconds } from '../http/shapes.ts'
import { mostUsefulOf } from './useful-frames.ts'
import type { Why } from './usefulness.ts'

/** Which frames or readings of a source a list is asked for, and in which order. */
export const listQuery = {
  state: Type.Optional(Type.String()),
  label: Type.Optional(Type.String({ description: 'a state, or `none` for what has no label' })),
  from: Type.Optional(Milliseconds),
  to: Type.Optional(Milliseconds),
  every: Type.Optional(
    Type.Integer({ minimum: 1000, description: 'of those asked for only the newest of each so many milliseconds' }),
  ),
  order: Type.Enum(['newest', 'uncertain', 'useful'], { default: 'newest' }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before (newest only)' })),
}
export const ORDERS =
  'order=useful: those without a label that teach most, at most 100: that the model is unsure of, that are unlike ' +
  'what is labelled and typical of what is not, of other hours of the day, and no neighbours in time of one another.'

interface Asked extends Choice {
  order: 'newest' | 'uncertain' | 'useful'
  limit: number
  cursor?: number
}

/**
 * @param storedSince milliseconds UTC: what was stored before is no longer there to be looked at
 * @returns the rows, and the capture time at which the page after them begins
 */
export async function listed(
  database: StateDatabase,
  { order, limit, cursor, ...choice }: Asked,
  storedSince: number,
): Promise<{ rows: (JoinedRow & { why?: Why })[]; next: number | null }> {
  if (order === 'useful') {
    if ((choice.label ?? 'none') !== 'none' || choice.every !== undefined)
      throw badRequest('bad_request', 'order=useful is of what has no label, and thins it itself', 'order')
    return { rows: await mostUsefulOf(database, choice, { storedSince, limit }), next: null }
  }
  if (order === 'uncertain')
    return { rows: await mostUncertainOf(database, choice, { storedSince, limit }), next: null }
  if (cursor !== undefined) choice.to = Math.min(cursor + 1, choice.to ?? cursor + 1)
  const rows = await newestOf(database, choice, limit + 1)
  return { rows: rows.slice(0, limit), next: rows[limit]?.captured_at ?? null }
}
