import type { AvailableOperation, Entry, InputBody } from '../../../api/laboratory-bodies.ts'
import { isQuery, keyOf } from '../entries.ts'

/** One picture, or one query, that was chosen; numbers are as they are typed. */
export interface Chosen {
  entry: Entry
  zmin: string
  zmax: string
  /** `#rrggbb` */
  color: string
}

/** What stands in the form of an operation. */
export interface Draft {
  /** The name of the operation; empty: none is chosen yet. */
  operation: string
  /** Of numbers, texts and choices, as they are typed; of those that were touched. */
  texts: Readonly<Record<string, string>>
  files: Readonly<Record<string, readonly Chosen[]>>
}

export const NOTHING: Draft = { operation: '', texts: {}, files: {} }

/** The usual colours of what is laid over each other. */
const COLOURS = ['#ff0000', '#00ff00', '#0000ff', '#ffff00', '#00ffff', '#ff00ff']

export const isFiles = ({ type }: InputBody) => type === 'fits' || type === 'image'
export const isNumber = ({ type }: InputBody) => type === 'int' || type === 'float'

/** The first input of an operation that takes pictures. */
export function filesFieldOf(operation: AvailableOperation | undefined): string | null {
  return Object.entries(operation?.inputs ?? {}).find(([, input]) => isFiles(input))?.[0] ?? null
}

export function textOf(draft: Draft, name: string, input: InputBody): string {
  return draft.texts[name] ?? String(input.default ?? '')
}

/** Another operation: what was chosen for a field of the same name stays, and pictures stay in any case. */
export function withOperation(
  draft: Draft,
  before: AvailableOperation | undefined,
  after: AvailableOperation | undefined,
): Draft {
  const [from, to] = [filesFieldOf(before) ?? UNPLACED, filesFieldOf(after) ?? UNPLACED]
  const most = after?.inputs[to]?.maximum ?? Number.POSITIVE_INFINITY
  const chosen = draft.files[from] ?? draft.files[to] ?? draft.files[UNPLACED] ?? []
  // Where one picture is taken, many, or a span of them, are no good beginning.
  const kept = chosen.length <= most && !(most === 1 && chosen.some(({ entry }) => isQuery(entry))) ? chosen : []
  return { operation: after?.name ?? '', texts: {}, files: { ...draft.files, [to]: kept } }
}

/** Where pictures stand that were chosen before an operation was. */
const UNPLACED = ''

/** Adds pictures that are not there yet, to the first field that takes some. */
export function withFiles(draft: Draft, operation: AvailableOperation | undefined, entries: readonly Entry[]): Draft {
  const field = filesFieldOf(operation) ?? UNPLACED
  return { ...draft, files: { ...draft.files, [field]: added(draft.files[field] ?? [], entries) } }
}

export function added(chosen: readonly Chosen[], entries: readonly Entry[]): Chosen[] {
  const known = new Set(chosen.map(({ entry }) => keyOf(entry)))
  const fresh = entries.filter((entry) => {
    const key = keyOf(entry)
    return !known.has(key) && known.add(key)
  })
  return [
    ...chosen,
    ...fresh.map((entry, index) => ({
      entry,
      zmin: '',
      zmax: '',
      color: COLOURS[(chosen.length + index) % COLOURS.length] ?? '#ffffff',
    })),
  ]
}

/** @param by -1: one place towards the begin; 1: towards the end */
export function moved(chosen: readonly Chosen[], place: number, by: -1 | 1): Chosen[] {
  const [one, other] = [chosen[place], chosen[place + by]]
  if (!one || !other) return [...chosen]
  return chosen.toSpliced(place, 1, other).toSpliced(place + by, 1, one)
}

/** `input_data` of the operation: what is empty is left out, so that the server says what it misses. */
export function inputDataOf(draft: Draft, operation: AvailableOperation): Record<string, unknown> {
  const data: Record<string, unknown> = {}
  for (const [name, input] of Object.entries(operation.inputs)) {
    if (isFiles(input)) {
      data[name] = (draft.files[name] ?? []).map((chosen) => sentOf(chosen, input))
      continue
    }
    const text = textOf(draft, name, input)
    if (text.trim() === '') continue
    data[name] = isNumber(input) ? Number(text) : text
  }
  return data
}

function sentOf({ entry, zmin, zmax, color }: Chosen, input: InputBody): Entry {
  if (isQuery(entry)) return entry
  return {
    ...entry,
    ...(input.include_custom_scale && zmin !== '' ? { zmin: Number(zmin) } : {}),
    ...(input.include_custom_scale && zmax !== '' ? { zmax: Number(zmax) } : {}),
    ...(input.color_picker ? { color } : {}),
  }
}

export function isCountWrong(input: InputBody, count: number): boolean {
  const { minimum = 1, maximum = Number.POSITIVE_INFINITY, required = true } = input
  return (count < minimum && (required || count > 0)) || count > maximum
}

/** `2 to 999 pictures`, `One picture, or none` */
export function howMany({ required = true, ...input }: InputBody): string {
  return required ? asked(input) : `${asked(input)}, or none`
}

function asked({ minimum = 1, maximum }: Pick<InputBody, 'minimum' | 'maximum'>): string {
  if (maximum === undefined) return minimum === 1 ? 'One picture or more' : `${minimum} pictures or more`
  if (minimum === maximum) return minimum === 1 ? 'One picture' : `${minimum} pictures`
  return `${minimum} to ${maximum} pictures`
}
