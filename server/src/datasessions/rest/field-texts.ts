import type { FastifySchemaValidationError } from 'fastify/types/schema.js'
import { kindOf, notAChoice } from '../kind-of.ts'

/** The texts that clients of the older server know, by what of a schema does not hold. */
const TEXTS: Record<string, (params: Record<string, unknown>, value: unknown) => string> = {
  required: () => 'This field is required.',
  minLength: ({ limit }) =>
    limit === 1 ? 'This field may not be blank.' : `Ensure this field has at least ${limit} characters.`,
  maxLength: ({ limit }) => `Ensure this field has no more than ${limit} characters.`,
  minimum: ({ limit }) => `Ensure this value is greater than or equal to ${limit}.`,
  maximum: ({ limit }) => `Ensure this value is less than or equal to ${limit}.`,
  minItems: ({ limit }) => `Ensure this field has at least ${limit} elements.`,
  maxItems: ({ limit }) => `Ensure this field has no more than ${limit} elements.`,
  enum: (_params, value) => notAChoice(value),
  type: ({ type }, value) => TYPES[String(type)]?.(value) ?? 'Not a valid value.',
  additionalProperties: () => 'Unknown field.',
}

const TYPES: Record<string, (value: unknown) => string> = {
  string: () => 'Not a valid string.',
  integer: () => 'A valid integer is required.',
  number: () => 'A valid number is required.',
  boolean: () => 'Must be a valid boolean.',
  array: (value) => `Expected a list of items but got type "${kindOf(value)}".`,
  object: (value) => `Expected a dictionary of items but got type "${kindOf(value)}".`,
}

/**
 * What is wrong, and where: `field` is the path below what was checked, `3.basename`, or empty.
 * @param value what was checked, where it is at hand
 */
export function textOf(
  { keyword, params, instancePath, message }: FastifySchemaValidationError,
  value?: unknown,
): { field: string; text: string } {
  const place = instancePath.split('/').slice(1)
  const { missingProperty, additionalProperty } = params
  const text = TEXTS[keyword]?.(params, at(value, place)) ?? message ?? 'Not a valid value.'
  return { field: [...place, missingProperty ?? additionalProperty].filter(Boolean).join('.'), text }
}

function at(value: unknown, place: string[]): unknown {
  return place.reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], value)
}
