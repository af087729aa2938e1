import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'

type Check = ReturnType<FastifySchemaCompiler<unknown>>
type SerializerCompiler = FastifySerializerCompiler<unknown>

/**
 * Compiling the schemas of all routes takes a good part of a start, and most routes are asked for much later: each schema
 * is compiled for the first request that needs it.
 */

export function checksWhenFirstUsed<Schema>(compile: FastifySchemaCompiler<Schema>): FastifySchemaCompiler<Schema> {
  return (route) => {
    let compiled: Check | null = null
    const check: Check & { schemaEnv: true } = Object.assign(
      // As Ajv's own, the function holds what was wrong: nothing comes between a check and that question.
      (...data: Parameters<Check>) => {
        compiled ??= compile(route)
        const said = compiled(...data)
        check.errors = compiled.errors ?? null
        return said
      },
      // Tells Fastify that it also takes where the data stands, so that the whole may be replaced by what it is coerced to.
      { schemaEnv: true as const },
    )
    return check
  }
}

export function serializesWhenFirstUsed(compile: SerializerCompiler): SerializerCompiler {
  return (route) => {
    let compiled: ReturnType<SerializerCompiler> | null = null
    return (data) => {
      compiled ??= compile(route)
      return compiled(data)
    }
  }
}
