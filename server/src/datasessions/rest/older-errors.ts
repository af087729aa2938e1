import type { RouteOptions } from 'fastify'
import { Type } from 'typebox'
import type { Http } from '../../http/http.ts'

const Detail = Type.Object({ detail: Type.String() }, { description: 'What was wrong.' })
const Wrong = Type.Object(
  { detail: Type.Optional(Type.String()) },
  {
    additionalProperties: true,
    description: 'What was wrong: `{"detail": "..."}`, or of a 400 `{"field": ["..."]}` for each field that is wrong.',
  },
)

/** Describes the errors of a scope's routes as they are, which are not those of our own paths. */
export function describeOlderErrors(scope: Http) {
  scope.addHook('onRoute', (route) => {
    const schema = (route.schema ?? {}) as { response?: object }
    const response = { ...schema.response, '4xx': Wrong, '5xx': Detail }
    route.schema = { ...schema, response } as NonNullable<RouteOptions['schema']>
  })
}
