import { type TSchema, Type } from 'typebox'
import { isNeeded } from '../check-inputs.ts'
import { Query } from '../entries.ts'
import type { InputField, Operation } from '../operation.ts'

const Named = Type.Object(
  {
    source: Type.String({ description: '`archive` (frames and FITS files) or `datalab` (uploads and results)' }),
    basename: Type.String(),
    ...{ zmin: Type.Optional(Type.Number()), zmax: Type.Optional(Type.Number()), color: Type.Optional(Type.String()) },
  },
  { additionalProperties: true },
)
const Chosen = Type.Object(
  { source: Type.Literal('archive'), query: Query },
  { additionalProperties: true, description: 'frames, as they are when the operation begins' },
)

/**
 * What may be asked for, one schema for each operation, as it declares itself, and one for all tasks, which come and go. It is for readers: what was asked is checked by
 * `checkInputs`, whose errors are by field.
 */
export function askedSchemas(available: readonly Operation[]): TSchema[] {
  const own = available.map(({ name, description, inputs }) => {
    const fields = Object.entries(inputs).map(([key, field]) => {
      const schema = schemaOf(field)
      return [key, isNeeded(field) ? schema : Type.Optional(schema)]
    })
    const input_data = Type.Object(Object.fromEntries(fields))
    return Type.Object({ name: Type.Literal(name), input_data }, { title: name, description })
  })
  return [...own, taskSchema(available.map(({ name }) => name))]
}

function taskSchema(own: string[]): TSchema {
  const name = Type.String({ not: { enum: own }, description: 'of a task, as GET /api/available_operations/ has it' })
  const input_data = Type.Record(Type.String(), Type.Unknown(), {
    description: 'as GET /api/available_operations/ says',
  })
  return Type.Object(
    { name, input_data },
    { title: 'A task', description: 'Any task of the tasks folder: each is an operation, too.' },
  )
}

function schemaOf(field: InputField): TSchema {
  const told = { title: field.name, description: field.description }
  switch (field.type) {
    case 'int':
    case 'float': {
      const { minimum, maximum, default: usual } = field
      const bounds = { ...told, ...given({ minimum, maximum, default: usual }) }
      return field.type === 'int' ? Type.Integer(bounds) : Type.Number(bounds)
    }
    case 'string':
      return Type.String({ ...told, ...given({ maxLength: field.maxLength, default: field.default }) })
    case 'select':
      return Type.Enum(field.options, { ...told, ...given({ default: field.default }) })
    default:
      return Type.Array(Type.Union([Named, Chosen]), {
        ...told,
        minItems: isNeeded(field) ? 1 : 0,
        maxItems: field.maximum,
      })
  }
}

/** Without what is not said. */
function given(options: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
