import { ApiError } from '../../api/client.ts'

/** What the server found wrong, by field; what is about none of the known ones stands in `rest`. */
export interface Faults {
  fields: Readonly<Record<string, string>>
  rest: string | null
}

/** Fields that are all of what was sent: that it is about them needs no word. */
const WHOLE = new Set(['file', 'non_field_errors'])

export const NO_FAULTS: Faults = { fields: {}, rest: null }

/**
 * Reads `{"field": ["...", ...]}`, nested or not, as the laboratory answers a 400.
 * @param known fields that the form shows
 */
export function faultsOf(error: unknown, known: readonly string[]): Faults {
  if (!(error instanceof ApiError)) return { fields: {}, rest: error instanceof Error ? error.message : String(error) }
  const said = error.status === 400 ? [...textsIn(error.body)] : []
  const fields: Record<string, string> = {}
  const rest: string[] = []
  for (const { path, text } of said) {
    const field = path.flatMap((part) => part.split('.')).find((part) => known.includes(part))
    if (field === undefined)
      rest.push(path.length === 0 || WHOLE.has(path.join('.')) ? text : `${path.join('.')}: ${text}`)
    else fields[field] = fields[field] === undefined ? text : `${fields[field]} ${text}`
  }
  return { fields, rest: said.length === 0 ? error.message : rest.length === 0 ? null : rest.join(' ') }
}

/** What was wrong with a field is about what stood in it. */
export function without({ fields, rest }: Faults, field: string): Faults {
  return { fields: Object.fromEntries(Object.entries(fields).filter(([name]) => name !== field)), rest }
}

function* textsIn(value: unknown, path: string[] = []): Generator<{ path: string[]; text: string }> {
  if (typeof value === 'string') yield { path, text: value }
  else if (Array.isArray(value)) for (const one of value) yield* textsIn(one, path)
  else if (value !== null && typeof value === 'object')
    for (const [name, one] of Object.entries(value)) yield* textsIn(one, [...path, name])
}
