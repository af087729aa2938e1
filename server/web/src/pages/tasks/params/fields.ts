import type { InputBody } from '../../../api/laboratory-bodies.ts'
import type { TaskBody, TaskPictureParam, TaskSchema } from '../../../api/task-bodies.ts'

/** One parameter of a task, as a form asks for it. */
export interface TaskField {
  name: string
  /** As the laboratory's forms have it. */
  input: InputBody
  /** What stands there at first. */
  initial: string
  /** What it is, of the text that was typed. @throws Error which is for people */
  read(text: string): unknown
}

/** A parameter that is a picture or several. */
export interface PictureField extends TaskPictureParam {
  label: string
  hint: string
}

const JSON_TEXT = { format: 'json' } as const

/** The name of the one field of a task that declares nothing: all that it is told. */
export const WHOLE = ''

/** Without its pictures; in the order in which the task declares them. */
export function fieldsOf({ schema, pictures }: Pick<TaskBody, 'schema' | 'pictures'>): TaskField[] {
  if (schema === null) return [WHOLE_FIELD]
  const shown = new Set(pictures?.map(({ name }) => name))
  const required = new Set(schema.required)
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !shown.has(name))
    .map(([name, one]) => fieldOf(name, one, required.has(name)))
}

export function pictureFieldsOf({ schema, pictures }: Pick<TaskBody, 'schema' | 'pictures'>): PictureField[] {
  return (pictures ?? []).map((param) => {
    const { title, description = '' } = schema?.properties?.[param.name] ?? {}
    // The launcher's own name of the picture says nothing to people.
    return { ...param, label: title ?? (param.name === '_imageURL' ? 'Picture' : param.name), hint: description }
  })
}

function fieldOf(name: string, schema: TaskSchema, required: boolean): TaskField {
  const { title, description = '', minimum, maximum } = schema
  const isAskedFor = required && schema.default === undefined
  const told = { name: title ?? name, required: isAskedFor }
  const bounds = { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) }
  const initial = schema.default === undefined ? '' : textOf(schema.default)
  const choices = choicesOf(schema)
  if (choices !== null)
    return {
      name,
      input: { ...told, description, type: 'select', options: choices.map(textOf) },
      initial,
      read: (text) => choices.find((one) => textOf(one) === text),
    }
  if (schema.type === 'integer' || schema.type === 'number')
    return {
      name,
      input: { ...told, ...bounds, description, type: schema.type === 'integer' ? 'int' : 'float' },
      initial,
      read: Number,
    }
  if (schema.type === 'string') return { name, input: { ...told, description, type: 'string' }, initial, read: String }
  const takesText = typesOf(schema).includes('string')
  const isShort = typesOf(schema).every((type) => type !== 'object' && type !== 'array')
  const example = isShort ? schema.examples?.[0] : exampleOf(schema)
  const inForm = example === undefined ? description : `${description} Such as ${textOf(example)}`
  return {
    name,
    input: { ...told, description: inForm.trim(), type: 'string', ...(isShort ? {} : JSON_TEXT) },
    initial: schema.default === undefined ? '' : isShort ? initial : JSON.stringify(schema.default, null, 1),
    read: (text) => (takesText ? (parsed(text) ?? text) : jsonOf(text)),
  }
}

const WHOLE_FIELD: TaskField = {
  name: WHOLE,
  input: {
    name: 'Parameters',
    description: 'The task does not say which it takes: a JSON object such as {"threshold": 12}.',
    type: 'string',
    format: 'json',
    required: false,
  },
  initial: '',
  read(text) {
    const value = jsonOf(text)
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw new Error('A JSON object is needed: {…}')
    return value
  },
}

function choicesOf({ type, enum: listed, const: only, anyOf, oneOf }: TaskSchema): unknown[] | null {
  if (listed) return listed
  if (only !== undefined) return [only]
  if (type === 'boolean') return [true, false]
  const either = anyOf ?? oneOf
  return either?.every((one) => one.const !== undefined) ? either.map((one) => one.const) : null
}

/** Which types a value may be of; none where anything goes. */
function typesOf({ type, enum: listed, const: only, anyOf, oneOf }: TaskSchema): string[] {
  const either = anyOf ?? oneOf
  if (either) return either.flatMap(typesOf)
  const values = listed ?? (only === undefined ? [] : [only])
  if (type === undefined) return values.length === 0 ? ['object'] : values.map((one) => typeof one)
  return Array.isArray(type) ? type : [type]
}

/** Something that a schema takes, for people to see how it is written; undefined where it does not say. */
function exampleOf(schema: TaskSchema): unknown {
  const { examples, default: usual, enum: listed, const: only, anyOf, oneOf, properties, items, minimum = 0 } = schema
  const said = examples?.[0] ?? usual ?? only ?? listed?.[0]
  if (said !== undefined) return said
  const [first] = anyOf ?? oneOf ?? []
  if (first) return exampleOf(first)
  if (properties)
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => schema.required?.includes(name) ?? true)
        .map(([name, one]) => [name, exampleOf(one)]),
    )
  if (items) return [exampleOf(items)]
  if (schema.type === 'number' || schema.type === 'integer') return minimum
  return schema.type === 'string' ? '…' : undefined
}

/** As it stands in a field: texts as they are, all else as JSON. */
export const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`This is no JSON: ${(error as Error).message}. Texts stand in "double quotes".`)
  }
}
