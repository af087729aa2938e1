import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { Type } from 'typebox'
import type { StateTables } from '../../database/schema.ts'
import { FieldErrors } from '../field-errors.ts'
import { parsedTime } from '../parsed-time.ts'
import { lastText } from './page.ts'

const TIMES = ['created_after', 'created_before', 'modified_after', 'modified_before'] as const
type TimeFilter = (typeof TIMES)[number]

/** What sessions are looked for by; null where nothing is said. Times are milliseconds UTC, inclusive. */
export type Filters = Record<'name' | 'name_exact' | 'user' | 'user_exact', string | null> &
  Record<TimeFilter, number | null>

const time = Type.Optional(Type.Unknown({ description: 'ISO 8601, of UTC where it does not say otherwise; inclusive' }))
const contained = Type.Optional(Type.Unknown({ description: 'is contained in it; capitals do not count' }))
const exact = Type.Optional(Type.Unknown({ description: 'is it' }))

/** For documentation. */
export const FilterQuery = {
  ...{ name: contained, name_exact: exact, user: contained, user_exact: exact },
  ...{ created_after: time, created_before: time, modified_after: time, modified_before: time },
}

/** @throws FieldErrors where a time is none */
export function filtersAsked(query: unknown): Filters {
  const given = (query ?? {}) as Record<string, unknown>
  const wrong: Record<string, string[]> = {}
  const times = TIMES.map((name) => {
    const text = lastText(given[name])
    const at = text === null ? null : parsedTime(text)
    if (at === undefined) wrong[name] = ['Enter a valid date/time.']
    return [name, at]
  })
  if (Object.keys(wrong).length > 0) throw new FieldErrors(wrong)
  return {
    ...{ name: lastText(given.name), name_exact: lastText(given.name_exact) },
    ...{ user: lastText(given.user), user_exact: lastText(given.user_exact) },
    ...(Object.fromEntries(times) as Record<TimeFilter, number | null>),
  }
}

/** @param owner null: everybody's */
export function matching(filters: Filters, owner: string | null) {
  return ({ and, eb }: ExpressionBuilder<StateTables, 'data_sessions'>) => {
    const conditions: Expression<SqlBool>[] = []
    if (owner !== null) conditions.push(eb('owner', '=', owner))
    for (const column of ['name', 'user'] as const) {
      const { [column]: part, [`${column}_exact` as const]: whole } = filters
      if (part !== null) conditions.push(sql<SqlBool>`${sql.ref(column)} glob ${globOf(part)}`)
      if (whole !== null) conditions.push(eb(column, '=', whole))
    }
    for (const moment of ['created', 'modified'] as const) {
      const { [`${moment}_after` as const]: after, [`${moment}_before` as const]: before } = filters
      if (after !== null) conditions.push(eb(`${moment}_at`, '>=', after))
      if (before !== null) conditions.push(eb(`${moment}_at`, '<=', before))
    }
    return and(conditions)
  }
}

/** Longer than any name. */
const MOST_LETTERS = 300

/** A pattern of SQLite's GLOB: LIKE knows capitals of ASCII only. */
function globOf(part: string): string {
  const letters = Array.from(part)
  if (letters.length > MOST_LETTERS) return '[]' // no name is so long, and GLOB refuses long patterns
  return `*${letters.map(anyCase).join('')}*`
}

function anyCase(letter: string): string {
  if ('*?['.includes(letter)) return `[${letter}]`
  const cases = new Set([letter, letter.toLowerCase(), letter.toUpperCase()])
  const single = [...cases].filter((one) => Array.from(one).length === 1)
  return single.length > 1 ? `[${single.join('')}]` : letter
}
