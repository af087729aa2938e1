import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { FieldErrors } from '../field-errors.ts'
import { kindOf } from '../kind-of.ts'
import { textOf } from './field-texts.ts'

type ObjectSchema = { properties: Record<string, TSchema>; required?: string[] }
type Check = ReturnType<FastifySchemaCompiler<unknown>>

/** Has every field of a body checked, so that all that are wrong are told at once; what is not declared is passed over. */
export function checksByField<Schema>(compile: FastifySchemaCompiler<Schema>): FastifySchemaCompiler<Schema> {
  return (route) => {
    const schema = route.schema as Partial<ObjectSchema>
    if (route.httpPart !== 'body' || !schema.properties) return compile(route)
    const required = new Set(schema.required)
    const checks = Object.entries(schema.properties).map(
      ([name, part]) => [name, compile({ ...route, schema: part as Schema })] as const,
    )
    return (body: unknown) => {
      if (kindOf(body) !== 'dict') {
        const text = `Invalid data. Expected a dictionary, but got ${kindOf(body)}.`
        return { error: new FieldErrors({ non_field_errors: [text] }) }
      }
      const given = body as Record<string, unknown>
      const wrong: Record<string, string[]> = {}
      for (const [name, check] of checks) {
        const text = Object.hasOwn(given, name)
          ? wrongWith(given[name], check)
          : required.has(name) && 'This field is required.'
        if (text) wrong[name] = [text]
      }
      return Object.keys(wrong).length > 0 ? { error: new FieldErrors(wrong) } : { value: body }
    }
  }
}

function wrongWith(value: unknown, check: Check): string | null {
  if (check(value) !== false) return null
  if (value === null) return 'This field may not be null.'
  const [first] = check.errors ?? []
  if (!first) return 'Not a valid value.'
  const { field, text } = textOf(first, value)
  return field === '' ? text : `${field}: ${text}`
}
