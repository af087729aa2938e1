import type { ChoiceField, FilesField, InputField, NumberField, TextField } from '../../datasessions/operation.ts'
import { checkDepth } from '../../http/json-depth.ts'
import { IMAGE_URL, type ParamsSchema, type PictureParam, type Task } from '../task.ts'
import { type Steps, stepsOfCall, TooMuch, wrongWith } from './check.ts'
import { picturesTaken } from './picture-number.ts'
import { schemaAt } from './schema-faults.ts'
import { titleOf } from './title-of.ts'
import { wordsOf } from './words.ts'

type Schema = Record<string, unknown>

/** One field of a form, and how what was put in becomes what a task is told. */
export interface Parameter {
  /** As it is called in the form. */
  name: string
  field: InputField
  /**
   * Pictures have none: whoever runs the task tells it where they are.
   * @param value a text or a number, as the field has it
   * @returns what the task is told, by name: nothing where it was left empty
   * @throws Unreadable
   */
  told?(value: unknown): Record<string, unknown>
  /** It holds all that has no field of its own. */
  isRest?: true
}

/** What was put in is no JSON: `text` says what it must be. */
export class Unreadable extends Error {}

/** Of one text: together they are far below what a message to a worker may hold. */
const MOST_LETTERS = 1_000_000

/**
 * What a form asks for, in the order in which the task declares it; last of all whatever else it takes.
 * @param steps what checks may take, now and when values are read
 */
export function parametersOf(
  { schema, pictures }: Pick<Task, 'schema' | 'pictures'>,
  steps = stepsOfCall(),
): Parameter[] {
  const declared = propertiesOf(schema)
  const required = new Set(requiredOf(schema))
  const undeclared = pictures.filter(({ name }) => !Object.hasOwn(declared, name))
  const parameters: Parameter[] = undeclared.map((picture) => ({
    name: picture.name,
    field: filesField(picture, {}, schema),
  }))
  for (const [name, given] of Object.entries(declared)) {
    const picture = pictures.find((one) => one.name === name)
    if (given === false) continue
    const said = given === true ? {} : (given as Schema)
    if (picture) parameters.push({ name, field: filesField(picture, said, schema) })
    else parameters.push(parameterOf(name, said, { root: schema ?? {}, steps }, required.has(name)))
  }
  if (isOpen(schema)) parameters.push(everythingElse(freeName(declared, pictures), schema === null))
  return parameters
}

/** Whether it takes parameters besides those that it names. Where it says nothing of others, it was not written for others. */
export function isOpen(schema: ParamsSchema | null): boolean {
  if (schema === null) return true
  const { additionalProperties, patternProperties, $ref, allOf, anyOf, oneOf, dependentSchemas } = schema
  if (additionalProperties !== undefined && additionalProperties !== false) return true
  if (patternProperties !== undefined) return true
  // Those that these name are not known here.
  const others = [$ref, allOf, anyOf, oneOf, dependentSchemas, schema.if, schema.propertyNames]
  return additionalProperties === undefined && others.some((one) => one !== undefined)
}

export function propertiesOf(schema: ParamsSchema | null): Schema {
  return (schema?.properties ?? {}) as Schema
}

export function requiredOf(schema: ParamsSchema | null): string[] {
  return (schema?.required ?? []) as string[]
}

/** The schema that a parameter is part of, and what checking by it may still take. */
interface Whole {
  root: Schema
  steps: Steps
}

function parameterOf(name: string, declared: Schema, whole: Whole, required: boolean): Parameter {
  const schema = resolved(declared, whole.root, required)
  const base = namedBy(name, declared, required)
  const choice = choiceOf(schema)
  if (choice) {
    const usual = [...choice].find(([, value]) => value === schema.default)?.[0]
    const field: ChoiceField = { ...base, type: 'select', options: [...choice.keys()], ...given('default', usual) }
    return { name, field, told: (text) => ({ [name]: choice.get(String(text)) }) }
  }
  if (schema.type === 'number' || schema.type === 'integer')
    return { name, field: numberField(base, schema), told: (number) => ({ [name]: number }) }
  if (schema.type === 'string') {
    const maxLength = Math.min(Number(schema.maxLength ?? MOST_LETTERS), MOST_LETTERS)
    const usual = typeof schema.default === 'string' ? schema.default : undefined
    const field: TextField = { ...base, type: 'string', maxLength, ...given('default', usual) }
    // Forms send what is empty as an empty text: that is one that was left out, unless the task takes it.
    const isLeftOut = (text: unknown) => text === '' && !required && !holds(whole, schema, '')
    return { name, field, told: (text) => (isLeftOut(text) ? {} : { [name]: text }) }
  }
  return jsonParameter(name, base, schema, whole)
}

/** What no control of a form is made for: JSON, written out; a text without its quotes where the task takes texts too. */
function jsonParameter(name: string, base: Named, schema: Schema, whole: Whole): Parameter {
  const mayBeText = takesTexts(schema, whole.root)
  const read = (text: string) => {
    const json = parsed(text)
    if (mayBeText && (json === undefined || (!holds(whole, schema, json) && holds(whole, schema, text)))) return text
    if (json === undefined) throw new Unreadable(NO_JSON)
    return json
  }
  const usual = schema.default === undefined ? undefined : written(schema.default, read)
  const format = mayBeText ? 'json-or-text' : 'json'
  const description = [base.description, `${mayBeText ? 'Give' : 'As JSON:'} ${exampleOf(schema)}.`].join(' ').trim()
  const field: TextField = {
    ...{ ...base, description, type: 'string', format, maxLength: MOST_LETTERS },
    ...given('default', usual),
  }
  return { name, field, told: (text) => (isBlank(text) ? {} : { [name]: read(String(text)) }) }
}

/** `a list, such as [1,2]`: clients that know nothing of JSON fields show it, too. */
function exampleOf({ title: _, ...schema }: Schema): string {
  const [example] = Array.isArray(schema.examples) ? schema.examples : []
  return example === undefined ? wordsOf(schema) : `${wordsOf(schema)}, such as ${JSON.stringify(example)}`
}

const NO_JSON = 'must be JSON, for example [1, 2] or {"x": 1} or "text"'

function everythingElse(name: string, isAll: boolean): Parameter {
  const field: TextField = {
    name: isAll ? 'Parameters' : 'More Parameters',
    description: `${isAll ? 'The task does not say what it takes: what it is to be told' : 'What else the task is to be told'}, as one JSON object.`,
    ...{ type: 'string', format: 'json', required: false, maxLength: MOST_LETTERS },
  }
  const told = (text: unknown) => {
    if (isBlank(text)) return {}
    const json = parsed(String(text))
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw new Unreadable('must be a JSON object, for example {"threshold": 3}')
    return json as Record<string, unknown>
  }
  return { name, field, told, isRest: true }
}

function freeName(declared: Schema, pictures: readonly PictureParam[]): string {
  const taken = new Set([...Object.keys(declared), ...pictures.map(({ name }) => name)])
  let name = 'params'
  while (taken.has(name)) name = `more_${name}`
  return name
}

type Named = Pick<TextField, 'name' | 'description' | 'required'>

function namedBy(name: string, { title, description }: Schema, required: boolean): Named {
  return {
    name: typeof title === 'string' && title.trim() !== '' ? title : titleOf(name),
    description: typeof description === 'string' ? description : '',
    ...(required ? {} : { required: false }),
  }
}

function filesField(picture: PictureParam, declared: Schema, schema: ParamsSchema | null): FilesField {
  const { name, required } = picture
  const { least: minimum, most: maximum } = picturesTaken({ schema }, picture)
  return { ...namedBy(name === IMAGE_URL ? 'picture' : name, declared, required), type: 'fits', minimum, maximum }
}

function numberField(base: Named, schema: Schema): NumberField {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<string, number | undefined>
  const type = schema.type === 'integer' ? 'int' : 'float'
  const whole = type === 'int'
  // Of whole numbers a bound that is no part of them is one that is.
  const least = [minimum, whole && exclusiveMinimum !== undefined ? Math.floor(exclusiveMinimum) + 1 : undefined]
  const most = [maximum, whole && exclusiveMaximum !== undefined ? Math.ceil(exclusiveMaximum) - 1 : undefined]
  const bound = (all: (number | undefined)[], of: (...all: number[]) => number) => {
    const some = all.filter((one) => one !== undefined)
    return some.length === 0 ? undefined : of(...some)
  }
  return {
    ...{ ...base, type },
    ...given('minimum', bound(least, Math.max)),
    ...given('maximum', bound(most, Math.min)),
    ...given('default', typeof schema.default === 'number' ? schema.default : undefined),
  }
}

/** Without detours: where it only refers to another one, that; and null where leaving it out says the same. */
function resolved(declared: Schema, root: Schema, required: boolean): Schema {
  let schema = declared
  for (let i = 0; i < 32 && typeof schema.$ref === 'string'; i += 1) {
    const meant = schemaAt(root, schema.$ref)
    const { $ref: _, title, description, default: usual, ...rest } = schema
    if (typeof meant !== 'object' || meant === null || Object.keys(rest).length > 0) return schema
    schema = { ...(meant as Schema), ...given('default', usual) }
  }
  const { type } = schema
  if (!Array.isArray(type)) return schema
  const others = required ? type : type.filter((one) => one !== 'null')
  return others.length === 1 ? { ...schema, type: others[0] } : schema
}

/** What may be chosen, by how it is written in a form; null where it is no choice, or could not be told apart. */
function choiceOf(schema: Schema): Map<string, unknown> | null {
  const all = valuesOf(schema)
  if (!all || Object.hasOwn(schema, '$ref')) return null
  const written = all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  const isPlain = all.every((one) => (typeof one !== 'object' || one === null) && one !== '')
  return isPlain && new Set(written).size === all.length ? new Map(written.map((text, i) => [text, all[i]])) : null
}

function valuesOf({ type, enum: values, const: only, anyOf, oneOf }: Schema): unknown[] | null {
  if (Array.isArray(values)) return values
  if (only !== undefined) return [only]
  if (type === 'boolean') return [true, false]
  const each = ((anyOf ?? oneOf ?? []) as Schema[]).map((one) => one.const)
  return each.length > 0 && each.every((one) => one !== undefined) ? each : null
}

/** Whether there are texts among what a schema takes, as far as it says so plainly. */
function takesTexts(schema: unknown, root: Schema, deep = 0): boolean {
  if (typeof schema !== 'object' || schema === null || deep > 16) return schema === true
  const { $ref, type, enum: values, const: only, anyOf, oneOf, allOf } = schema as Schema
  if (type !== undefined) return (Array.isArray(type) ? type : [type]).includes('string')
  if (Array.isArray(values)) return values.some((one) => typeof one === 'string')
  if (only !== undefined) return typeof only === 'string'
  const some = (anyOf ?? oneOf) as unknown[] | undefined
  if (some) return some.some((one) => takesTexts(one, root, deep + 1))
  if (Array.isArray(allOf)) return allOf.every((one) => takesTexts(one, root, deep + 1))
  return typeof $ref === 'string' ? takesTexts(schemaAt(root, $ref), root, deep + 1) : true
}

function holds({ root, steps }: Whole, schema: Schema, value: unknown): boolean {
  try {
    return wrongWith(root, value, schema, steps).length === 0
  } catch (error) {
    if (error instanceof TooMuch) return false
    throw error
  }
}

/** As it is put into a form: read again it has to be the same. */
function written(value: unknown, read: (text: string) => unknown): string {
  return typeof value === 'string' && read(value) === value ? value : JSON.stringify(value)
}

function parsed(text: string): unknown {
  try {
    checkDepth(text)
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isBlank = (text: unknown) => String(text).trim() === ''

function given<Key extends string, Value>(key: Key, value: Value | undefined) {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value }
}
