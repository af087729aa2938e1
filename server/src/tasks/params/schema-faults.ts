import { isObject } from './is-object.ts'
import { Pattern } from './pattern.ts'

type Schema = Record<string, unknown>

/** The keywords of JSON Schema 2020-12 that say what may be given, by what each of them has to hold. */
const KEYWORDS = {
  schema: ['items', 'contains', 'additionalProperties', 'propertyNames', 'not', 'if', 'then', 'else'],
  schemas: ['prefixItems', 'allOf', 'anyOf', 'oneOf'],
  'named schemas': ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  count: [
    ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minContains', 'maxContains'],
    ...['minProperties', 'maxProperties'],
  ],
  text: ['$ref', 'pattern', 'format'],
  names: ['required'],
  'named names': ['dependentRequired'],
  'yes or no': ['uniqueItems'],
  values: ['enum'],
  type: ['type'],
  any: ['const'],
}
type Holds = keyof typeof KEYWORDS
const HOLDS = new Map(
  Object.entries(KEYWORDS).flatMap(([holds, keywords]) =>
    keywords.map((keyword) => [keyword, holds as Holds] as const),
  ),
)

/** Those that only tell something. */
const TOLD = new Set([
  ...[
    '$schema',
    '$id',
    '$comment',
    'title',
    'description',
    'default',
    'examples',
    'deprecated',
    'readOnly',
    'writeOnly',
  ],
  ...['contentEncoding', 'contentMediaType'],
])

/** Those of other versions, and what says the same in this one. */
const INSTEAD: Record<string, string> = {
  additionalItems: 'items beside prefixItems',
  dependencies: 'dependentRequired or dependentSchemas',
  nullable: '"type": [..., "null"]',
  unevaluatedProperties: 'additionalProperties',
  unevaluatedItems: 'items',
  $dynamicRef: '$ref',
  $recursiveRef: '$ref',
  $anchor: '$ref with the whole way, #/$defs/...',
}

export const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']

const MOST_LETTERS = 256 * 1024
const MOST_SCHEMAS = 2000
const MOST_DEEP = 32

/**
 * What is wrong with the schema of a task's parameters, in words; null where it can be used. Whatever passes here can be
 * checked with by `wrongWith` (`check.ts`): it names nothing outside of itself, and is never in circles without going deeper.
 */
export function faultOfSchema(schema: unknown): string | null {
  try {
    if (!isObject(schema)) throw new Fault('is no object')
    const { length } = JSON.stringify(schema)
    if (length > MOST_LETTERS) throw new Fault(`has ${length} letters: ${MOST_LETTERS} at most may be`)
    if ((schema as Schema).type !== 'object')
      throw new Fault('has to be that of an object, for parameters have names: "type": "object" is missing at its top')
    new Reader(schema as Schema).read()
    return null
  } catch (error) {
    if (error instanceof Fault) return `its schema ${error.message}`
    if (error instanceof RangeError || error instanceof TypeError) return 'its schema is no JSON, or too deep'
    throw error
  }
}

/** The schema that a `$ref` means, `#/$defs/one`. @returns undefined where nothing stands there */
export function schemaAt(root: Schema, ref: string): unknown {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return undefined
  let place: unknown = root
  for (const part of decoded(ref.slice(2)).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) return undefined
    place = (place as Schema)[name]
  }
  return place
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

class Fault extends Error {}

class Reader {
  readonly #root: Schema
  readonly #seen = new Set<object>()
  readonly #ending = new Set<object>()
  #count = 0

  constructor(root: Schema) {
    this.#root = root
  }

  read() {
    this.#schema(this.#root, '', 0)
    for (const schema of this.#seen) this.#notInCircles(schema as Schema, [])
  }

  #schema(schema: unknown, at: string, deep: number) {
    if (typeof schema === 'boolean') return
    if (!isObject(schema)) throw new Fault(`holds no schema at ${at}`)
    if (this.#seen.has(schema as object)) return
    this.#seen.add(schema as object)
    this.#count += 1
    if (this.#count > MOST_SCHEMAS) throw new Fault(`is made of more than ${MOST_SCHEMAS} schemas`)
    if (deep > MOST_DEEP) throw new Fault(`is deeper than ${MOST_DEEP} at ${at}`)
    for (const [keyword, value] of Object.entries(schema as Schema)) {
      const holds = HOLDS.get(keyword)
      if (holds !== undefined) this.#holds(holds, keyword, value, `${at}/${keyword}`, deep)
      else if (!TOLD.has(keyword) && !keyword.startsWith('x-')) throw unknown(keyword, at)
    }
    if ((schema as Schema).format === 'picture' && !isPlaceOfPicture(at))
      throw new Fault(`has a picture at ${at}: only a parameter itself, or a list of them, can be pictures`)
  }

  #holds(holds: Holds, keyword: string, value: unknown, at: string, deep: number) {
    const wrong = (what: string) => new Fault(`has no ${what} at ${at}`)
    const named = () => {
      if (!isObject(value)) throw wrong('object')
      return Object.entries(value as object)
    }
    switch (holds) {
      case 'schema':
        return this.#schema(value, at, deep + 1)
      case 'schemas':
        if (!Array.isArray(value) || value.length === 0) throw wrong('list of schemas')
        for (const [i, one] of value.entries()) this.#schema(one, `${at}/${i}`, deep + 1)
        return
      case 'named schemas':
        for (const [name, one] of named()) {
          if (keyword === 'patternProperties') patternOf(name, at)
          this.#schema(one, `${at}/${name}`, deep + 1)
        }
        return
      case 'number':
        if (typeof value !== 'number' || (keyword === 'multipleOf' && value <= 0)) throw wrong('number')
        return
      case 'count':
        if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong('whole number from 0 on')
        return
      case 'names':
        if (!isNames(value)) throw wrong('list of names')
        return
      case 'named names':
        if (!named().every(([, names]) => isNames(names))) throw wrong('lists of names')
        return
      case 'yes or no':
        if (typeof value !== 'boolean') throw wrong('true or false')
        return
      case 'values':
        if (!Array.isArray(value) || value.length === 0) throw wrong('list of values')
        return
      case 'type':
        for (const one of Array.isArray(value) ? value : [value])
          if (!TYPES.includes(one))
            throw new Fault(`says ${JSON.stringify(one)} at ${at}, which is none of ${TYPES.join(', ')}`)
        return
      case 'text':
        if (typeof value !== 'string') throw wrong('text')
        if (keyword === 'pattern') patternOf(value, at)
        if (keyword === '$ref') this.#ref(value, at, deep)
    }
  }

  #ref(ref: string, at: string, deep: number) {
    if (!ref.startsWith('#'))
      throw new Fault(`refers to ${ref} at ${at}: nothing is fetched, put it below $defs and refer to #/$defs/...`)
    const meant = schemaAt(this.#root, ref)
    if (meant === undefined) throw new Fault(`refers to ${ref} at ${at}, where nothing stands`)
    this.#schema(meant, ref, deep + 1)
  }

  /** Whether it holds for a value only if it holds for that value: such a question has no end. */
  #notInCircles(schema: Schema, above: readonly Schema[]) {
    if (above.includes(schema)) throw new Fault('refers to itself in circles, without going deeper into what is given')
    if (this.#ending.has(schema)) return
    for (const next of inPlace(this.#root, schema)) this.#notInCircles(next, [...above, schema])
    this.#ending.add(schema)
  }
}

/** Those schemas that are asked of the same value. */
function inPlace(root: Schema, schema: Schema): Schema[] {
  const { $ref, allOf = [], anyOf = [], oneOf = [], dependentSchemas = {} } = schema
  const all = [
    ...[allOf, anyOf, oneOf, Object.values(dependentSchemas as object)].flat(),
    ...[schema.not, schema.if, schema.then, schema.else],
    ...(typeof $ref === 'string' ? [schemaAt(root, $ref)] : []),
  ]
  return all.filter((one): one is Schema => isObject(one))
}

const isNames = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')

const isPlaceOfPicture = (at: string) => /^\/properties\/[^/]*(\/items)?$/.test(at)

function unknown(keyword: string, at: string): Fault {
  const instead = Object.hasOwn(INSTEAD, keyword) ? `: say ${INSTEAD[keyword]}` : ''
  return new Fault(`says ${keyword} at ${at || '/'}, which is no keyword that is known here${instead}`)
}

function patternOf(source: string, at: string) {
  try {
    new Pattern(source)
  } catch (error) {
    throw new Fault(`has at ${at} a pattern that cannot be used: ${(error as Error).message}`)
  }
}
