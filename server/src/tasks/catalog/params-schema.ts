import { faultOfSchema } from '../params/schema-faults.ts'
import { IMAGE_URL, type ParamsSchema, type PictureParam } from '../task.ts'

/** What every task may be given that says nothing of what it takes. */
const ANY_PICTURE: PictureParam = { name: IMAGE_URL, isList: false, required: false }

/** @throws Error that says where it is wrong */
export function checkSchema(schema: unknown): ParamsSchema {
  const fault = faultOfSchema(schema)
  if (fault !== null) throw new Error(`${fault.slice(0, 1).toUpperCase()}${fault.slice(1)}.`)
  picturesOf(schema as ParamsSchema)
  return schema as ParamsSchema
}

/** The parameters that are pictures: `format: "picture"`, lists of such, and `_imageURL`. @throws Error where one is no text */
export function picturesOf(schema: ParamsSchema | null): PictureParam[] {
  if (schema === null) return [ANY_PICTURE]
  const properties = Object.entries((schema.properties ?? {}) as Record<string, unknown>)
  const required = Array.isArray(schema.required) ? schema.required : []
  return properties.flatMap(([name, property]) => {
    const isList = isPicture(itemsOf(property), name)
    if (!isList && !isPicture(property, name) && !(name === IMAGE_URL && hasType(property, 'string'))) return []
    return [{ name, isList, required: required.includes(name) }]
  })
}

function isPicture(schema: unknown, name: string): boolean {
  if (!isObject(schema) || schema.format !== 'picture') return false
  if (hasType(schema, 'string')) return true
  throw new Error(`The parameter ${name} is a picture ("format": "picture"), so it has to be of "type": "string".`)
}

function itemsOf(schema: unknown) {
  return hasType(schema, 'array') ? (schema as { items?: unknown }).items : undefined
}

function hasType(schema: unknown, type: string): boolean {
  return isObject(schema) && [schema.type].flat().includes(type)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
