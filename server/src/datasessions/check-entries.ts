import { Value } from 'typebox/value'
import { type Entry, MOST_QUERIES, Query } from './entries.ts'
import { kindOf } from './kind-of.ts'

/** Of a frame's id at most some hundred; of a file a name of the disk. */
const MOST_LETTERS = 255

/** What a stretch and a colour may be; what else stands in an entry is the caller's own. */
const NUMBERS = ['zmin', 'zmax']
const TEXTS = ['color', 'type']

/**
 * Checks what entries look like; whether what they name is there, `Sources` know.
 * @returns the entries, or what is wrong, in words
 */
export function checkEntries(value: unknown): { entries: Entry[] } | { wrong: string[] } {
  if (!Array.isArray(value)) return { wrong: [`Expected a list of items but got type "${kindOf(value)}".`] }
  for (const [i, entry] of value.entries()) {
    const wrong = wrongWith(entry)
    if (wrong !== null) return { wrong: [`Item ${i}: ${wrong}`] }
  }
  const entries = value as Entry[]
  const queries = entries.filter(({ query }) => query !== undefined).length
  if (queries > MOST_QUERIES)
    return { wrong: [`${queries} queries are in this list, ${MOST_QUERIES} at most may be: choose more with each.`] }
  return { entries }
}

function wrongWith(entry: unknown): string | null {
  if (kindOf(entry) !== 'dict') return `Expected a dictionary of items but got type "${kindOf(entry)}".`
  const given = entry as Record<string, unknown>
  for (const name of NUMBERS)
    if (given[name] != null && !Number.isFinite(given[name])) return `${name}: A valid number is required.`
  for (const name of TEXTS)
    if (given[name] != null && typeof given[name] !== 'string') return `${name}: Not a valid string.`
  if (given.query !== undefined) return wrongWithQuery(given)
  for (const name of ['source', 'basename']) {
    const text = given[name]
    if (text === undefined) return `${name}: This field is required.`
    if (typeof text !== 'string') return `${name}: Not a valid string.`
    if (text === '') return `${name}: This field may not be blank.`
    if (text.length > MOST_LETTERS) return `${name}: Ensure this field has no more than ${MOST_LETTERS} characters.`
  }
  return null
}

/** Of a query nothing is passed over: what is misspelt would choose every frame. */
function wrongWithQuery({ query, source = 'archive' }: Record<string, unknown>): string | null {
  if (source !== 'archive') return 'source: a query chooses among frames of the archive.'
  const [first] = Value.Errors(Query, query)
  if (first) return `query${first.instancePath.replaceAll('/', '.')}: ${first.message}.`
  const unknown = Object.keys(query as object).find((name) => !Object.hasOwn(Query.properties, name))
  return unknown === undefined ? null : `query: ${unknown} is unknown: ${Object.keys(Query.properties).join(', ')} are.`
}
