import { isObject } from './is-object.ts'

const TYPES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

const MOST_VALUES = 12

/** What a schema wants, in a few words: `"max"`, `a whole number`, `one of 1, 2, 4`. */
export function wordsOf(schema: unknown): string {
  if (!isObject(schema)) return schema === false ? 'nothing' : 'anything'
  const { title, type, enum: values, anyOf, oneOf, pattern, ...rest } = schema
  if (Array.isArray(values)) {
    const shown = values.slice(0, MOST_VALUES).map(brief)
    return `${shown.length > 1 ? 'one of ' : ''}${shown.join(', ')}${values.length > MOST_VALUES ? ', …' : ''}`
  }
  if (Object.hasOwn(rest, 'const')) return brief(rest.const)
  if (typeof title === 'string') return title
  if (type !== undefined)
    return (Array.isArray(type) ? type : [type]).map((one) => TYPES[one] ?? String(one)).join(' or ')
  if (typeof pattern === 'string') return `what matches ${pattern}`
  const schemas = anyOf ?? oneOf
  if (Array.isArray(schemas)) return alternatives(schemas)
  return ['$ref', 'allOf', 'not', 'if'].some((keyword) => Object.hasOwn(rest, keyword))
    ? 'what its schema says'
    : 'anything'
}

/** Of several schemas one. */
export function alternatives(schemas: readonly unknown[]): string {
  return [...new Set(schemas.map(wordsOf))].join(' or ')
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
