import type { Schema } from './schema.ts'

/**
 * Stands in the bundle where the agent's sources build schemas with TypeBox, which takes about 4 MB more of a Pi's memory to do the same
 * and much that they do not ask for. What is missing here fails the build, which runs the bundle once.
 */

const OPTIONAL = Symbol('optional')
type Marked = Schema & { [OPTIONAL]?: true }
type Options = Record<string, unknown>

const of =
  (type: string) =>
  (options: Options = {}) => ({ type, ...options })

export const Type = {
  Object(properties: Record<string, Marked>, options: Options = {}): Schema {
    const required = Object.keys(properties).filter((name) => !properties[name]?.[OPTIONAL])
    return { type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...options }
  },
  Record(key: Schema, value: Schema, options: Options = {}): Schema {
    return { type: 'object', patternProperties: { [key.pattern ?? '^.*$']: value }, ...options }
  },
  Array: (items: Schema, options: Options = {}): Schema => ({ type: 'array', items, ...options }),
  Union: (anyOf: Schema[], options: Options = {}): Schema => ({ anyOf, ...options }),
  Literal: (value: unknown, options: Options = {}): Schema => ({ type: typeof value, const: value, ...options }),
  Enum: (values: unknown[], options: Options = {}): Schema => ({ enum: values, ...options }),
  String: of('string'),
  Integer: of('integer'),
  Number: of('number'),
  Boolean: of('boolean'),
  Null: of('null'),
  Unknown: (options: Options = {}): Schema => ({ ...options }),
  Optional: (schema: Schema): Marked => ({ ...schema, [OPTIONAL]: true }),
  IsObject: (schema: Schema): boolean => schema.type === 'object' && schema.properties !== undefined,
}
