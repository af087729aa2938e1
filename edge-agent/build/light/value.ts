import { type Fields, isFields, type Schema } from './schema.ts'

/** Stands in the bundle for `typebox/value`: what `typebox.ts` beside it builds, checked in the same order and words. */

/** TypeBox stops there, and so do we: the same value gives the same list. */
const MOST_ERRORS = 8

interface Wrong {
  keyword: string
  instancePath: string
  message: string
}

export const Value = {
  Check: (schema: Schema, value: unknown): boolean => wrongIn(schema, value, '').length === 0,
  Errors: (schema: Schema, value: unknown): Wrong[] => wrongIn(schema, value, '').slice(0, MOST_ERRORS),
  /** Fills in the defaults of what is undefined. Changes `value`. */
  Default: (schema: Schema, value: unknown): unknown => withDefault(schema, value),
}

function wrongIn(schema: Schema | boolean, value: unknown, path: string): Wrong[] {
  if (typeof schema === 'boolean')
    return schema ? [] : [{ keyword: 'boolean', instancePath: path, message: 'schema is false' }]
  const wrong: Wrong[] = []
  const say = (keyword: string, message: string) => wrong.push({ keyword, instancePath: path, message })
  if (schema.type !== undefined && !isOf(schema.type, value)) say('type', `must be ${schema.type}`)
  if (isFields(value)) wrong.push(...wrongFields(schema, value, path))
  if (Array.isArray(value)) {
    if (schema.items)
      for (const [i, item] of value.entries()) wrong.push(...wrongIn(schema.items, item, `${path}/${i}`))
    inRange('Items', schema.minItems, schema.maxItems, value.length, 'items', say)
  }
  if (typeof value === 'string') {
    inRange('Length', schema.minLength, schema.maxLength, [...value].length, 'characters', say)
    const { pattern } = schema
    if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
      say('pattern', `must match pattern "${pattern}"`)
  }
  if (typeof value === 'number' && Number.isFinite(value)) wrongNumber(schema, value, say)
  if ('const' in schema && value !== schema.const) say('const', 'must be equal to constant')
  if (schema.enum && !schema.enum.includes(value)) say('enum', 'must be equal to one of the allowed values')
  if (schema.anyOf) {
    const tries = schema.anyOf.map((one) => wrongIn(one, value, path))
    if (tries.every((errors) => errors.length > 0)) {
      wrong.push(...tries.flat())
      say('anyOf', 'must match a schema in anyOf')
    }
  }
  return wrong
}

type Say = (keyword: string, message: string) => void

function inRange(kind: string, min: number | undefined, max: number | undefined, count: number, of: string, say: Say) {
  if (min !== undefined && count < min) say(`min${kind}`, `must not have fewer than ${min} ${of}`)
  if (max !== undefined && count > max) say(`max${kind}`, `must not have more than ${max} ${of}`)
}

function wrongNumber(schema: Schema, value: number, say: Say) {
  const { exclusiveMinimum, exclusiveMaximum, minimum, maximum, multipleOf } = schema
  if (exclusiveMinimum !== undefined && !(value > exclusiveMinimum))
    say('exclusiveMinimum', `must be > ${exclusiveMinimum}`)
  if (exclusiveMaximum !== undefined && !(value < exclusiveMaximum))
    say('exclusiveMaximum', `must be < ${exclusiveMaximum}`)
  if (minimum !== undefined && !(value >= minimum)) say('minimum', `must be >= ${minimum}`)
  if (maximum !== undefined && !(value <= maximum)) say('maximum', `must be <= ${maximum}`)
  if (multipleOf !== undefined && value % multipleOf !== 0) say('multipleOf', `must be multiple of ${multipleOf}`)
}

function wrongFields(schema: Schema, value: Fields, path: string): Wrong[] {
  const { required = [], properties = {}, patternProperties = {}, additionalProperties = true } = schema
  const wrong: Wrong[] = []
  const say = (keyword: string, message: string) => wrong.push({ keyword, instancePath: path, message })
  const patterns = Object.entries(patternProperties).map(([pattern, one]) => [new RegExp(pattern, 'u'), one] as const)
  const lacking = required.filter((name) => !(name in value))
  if (lacking.length > 0) say('required', `must have required properties ${lacking.join(', ')}`)
  const others = Object.keys(value).filter(
    (name) => !(name in properties) && !patterns.some(([pattern]) => pattern.test(name)),
  )
  const strange = others.flatMap((name) => wrongIn(additionalProperties, value[name], `${path}/${name}`))
  wrong.push(...strange)
  if (strange.length > 0) say('additionalProperties', 'must not have additional properties')
  for (const [pattern, one] of patterns)
    for (const name of Object.keys(value).filter((name) => pattern.test(name)))
      wrong.push(...wrongIn(one, value[name], `${path}/${name}`))
  for (const [name, one] of Object.entries(properties)) {
    const optional = !required.includes(name) && value[name] === undefined
    if (name in value && !optional) wrong.push(...wrongIn(one, value[name], `${path}/${name}`))
  }
  inRange('Properties', schema.minProperties, schema.maxProperties, Object.keys(value).length, 'properties', say)
  return wrong
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'object') return isFields(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'number') return Number.isFinite(value)
  return typeof value === type
}

function withDefault(schema: Schema, given: unknown): unknown {
  const value = given === undefined && 'default' in schema ? structuredClone(schema.default) : given
  if (schema.items && Array.isArray(value)) return value.map((item) => withDefault(schema.items as Schema, item))
  if (schema.anyOf) {
    const filled = schema.anyOf.map((one) => [one, withDefault(one, structuredClone(value))] as const)
    return filled.find(([one, result]) => Value.Check(one, result))?.[1] ?? value
  }
  if (!isFields(value)) return value
  for (const [name, one] of Object.entries(schema.properties ?? {})) {
    const filled = withDefault(one, value[name])
    if (filled !== undefined) value[name] = filled
  }
  for (const one of Object.values(schema.patternProperties ?? {}))
    for (const name of Object.keys(value)) value[name] = withDefault(one, value[name])
  return value
}
