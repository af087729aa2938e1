import type { ParamSchema, ParamsSchema } from '../../api/alert-bodies.ts'
import { entryOfDuration, length, msOf } from './durations.ts'

/** What a kind of rule lets one set, read from its JSON schema, so that a new kind needs no form of its own. */
export interface Param {
  name: string
  title: string
  /** Its title with the unit. */
  label: string
  hint: string
  /** May be left empty; it is null then, or left out. */
  empty: 'forbidden' | 'null' | 'omitted'
  control: Control
  initial: Entry
}

export type Control =
  /** The server's value is `factor` times what stands in the field. */
  | { as: 'number'; unit: string | null; factor: number; min?: number; max?: number; isWhole: boolean }
  /** A number with a unit that one chooses, kept in milliseconds. */
  | { as: 'duration' }
  | { as: 'check' }
  | { as: 'choice'; options: string[] }
  /** Of `health`: the names of the server's checks. */
  | { as: 'choices'; options: string[]; of?: 'health' }
  /** A name that cameras or devices have. */
  | { as: 'state' | 'sensor' }
  | { as: 'text' }

/** What stands in a control: numbers as they are typed. */
export type Entry = string | boolean | string[]
export type Entries = Readonly<Record<string, Entry>>

const GB = 1_000_000_000
const DIGITS = 12

export function paramsOf(schema: ParamsSchema): Param[] {
  return Object.entries(schema.properties ?? {}).map(([name, given]) => {
    const { plain, isNullable } = withoutNull(given)
    const control = controlOf(plain)
    const isOptional = schema.required?.includes(name) !== true && given.default === undefined
    const title = plain.title ?? given.title ?? inWords(name)
    const unit = control.as === 'number' && control.unit !== title ? control.unit : null
    return {
      name,
      title,
      label: capital(unit === null ? title : `${title}, ${unit}`),
      hint: sentence(given.description ?? plain.description ?? ''),
      empty: isNullable ? 'null' : isOptional ? 'omitted' : 'forbidden',
      control,
      initial: entryOf(control, given.default ?? null),
    }
  })
}

/** What stands in the controls of a rule. */
export function entriesOf(params: Param[], values: Record<string, unknown>): Entries {
  return Object.fromEntries(
    params.map(({ name, control, initial }) => [name, name in values ? entryOf(control, values[name]) : initial]),
  )
}

/** What the server is told. */
export function valuesOf(params: Param[], entries: Entries): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { name, control, empty } of params) {
    const value = sentOf(control, entries[name] ?? '')
    if (value !== null) values[name] = value
    else if (empty === 'null') values[name] = null
  }
  return values
}

/** `state open`, `free 1.5 GB`, `500 frames`; null where nothing is set. */
export function settingInWords({ title, control }: Param, value: unknown): string | null {
  const entry = entryOf(control, value)
  if (entry === '' || entry === false) return null
  if (entry === true) return title
  if (Array.isArray(entry)) return entry.length === 0 ? null : `${title} ${entry.map(plainly).join(', ')}`
  if (control.as === 'duration') return `${title} ${length(msOf(entry) ?? 0)}`
  if (control.as !== 'number' || control.unit === null) return `${title} ${plainly(entry)}`
  return control.unit === title ? `${entry} ${title}` : `${title} ${entry} ${control.unit}`
}

/** `low_confidence` -> `low confidence` */
export function plainly(name: string): string {
  return name.replaceAll('_', ' ')
}

function sentOf(control: Control, entry: Entry): unknown {
  if (typeof entry === 'boolean') return entry
  if (Array.isArray(entry)) return entry.length === 0 ? null : entry
  const text = entry.trim()
  if (text === '') return null
  if (control.as === 'duration') return msOf(entry)
  if (control.as !== 'number') return text
  const value = Number((Number(text) * control.factor).toPrecision(DIGITS))
  return control.isWhole ? Math.round(value) : value
}

function entryOf(control: Control, value: unknown): Entry {
  if (control.as === 'check') return value === true
  if (control.as === 'choices') return Array.isArray(value) ? value.map(String) : []
  if (value === null || value === undefined) return ''
  if (control.as === 'duration') return entryOfDuration(Number(value))
  if (control.as === 'number') return String(Number((Number(value) / control.factor).toPrecision(DIGITS)))
  return String(value)
}

function controlOf(schema: ParamSchema): Control {
  const options = optionsOf(schema)
  if (options) return { as: 'choice', options }
  if (schema.type === 'boolean') return { as: 'check' }
  if (schema.type === 'array') {
    const options = (schema.items && optionsOf(schema.items)) ?? []
    return { as: 'choices', options, ...(schema.unit === 'check' ? { of: 'health' } : {}) }
  }
  if (schema.unit === 'ms') return { as: 'duration' }
  if (schema.type === 'number' || schema.type === 'integer') return numberOf(schema)
  return schema.unit === 'state' || schema.unit === 'sensor' ? { as: schema.unit } : { as: 'text' }
}

/** Sizes are said in GB: nobody counts in thousands of millions. */
function numberOf({ type, unit, minimum, maximum }: ParamSchema): Control {
  const [said, factor] = unit === 'bytes' ? (['GB', GB] as const) : ([unit ?? null, 1] as const)
  const bounds = {
    ...(minimum === undefined ? {} : { min: minimum / factor }),
    ...(maximum === undefined ? {} : { max: maximum / factor }),
  }
  return { as: 'number', unit: said, factor, ...bounds, isWhole: type === 'integer' }
}

function optionsOf({ enum: names, anyOf }: ParamSchema): string[] | null {
  const given = names ?? (anyOf?.every((one) => 'const' in one) ? anyOf.map((one) => one.const) : null)
  return given?.every((one) => typeof one === 'string') ? given : null
}

/** `T | null`, as JSON schema says it. */
function withoutNull(schema: ParamSchema): { plain: ParamSchema; isNullable: boolean } {
  const others = schema.anyOf?.filter(({ type }) => type !== 'null') ?? []
  const [only] = others
  if (!schema.anyOf || others.length === schema.anyOf.length) return { plain: schema, isNullable: false }
  return { plain: others.length === 1 && only ? only : { ...schema, anyOf: others }, isNullable: true }
}

/** `clearFrames` -> `clear frames` */
function inWords(name: string): string {
  return name.replace(/(Ms|Bytes)$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function sentence(words: string): string {
  return words === '' || words.endsWith('.') ? capital(words) : `${capital(words)}.`
}
