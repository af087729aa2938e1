import type { FastifyInstance, RouteOptions } from 'fastify'
import { Type } from 'typebox'
import type { Access } from './access.ts'
import { tagsOf } from './areas.ts'
import { ErrorBody } from './errors.ts'

/** A schema as routes declare it, as far as it is completed here. */
interface RouteSchema {
  querystring?: QuerySchema
  response?: Record<string, unknown>
  description?: string
  tags?: string[]
  security?: object[]
  hide?: boolean
}

interface QuerySchema {
  properties?: Record<string, object>
  required?: string[]
}

const ROLES: Record<Access, string> = {
  public: 'Needs no token.',
  viewer: 'Needs a token of any role.',
  analyst: 'Needs a token of role analyst, operator or admin.',
  operator: 'Needs a token of role operator or admin.',
  admin: 'Needs a token of role admin.',
}

/**
 * Says once, for every route of ours, what holds for all: unknown query parameters are refused, those with a default
 * need not be given, errors have one shape, its area, and who may call. What a route declares itself is left alone.
 */
export function describeRoutes(http: FastifyInstance, isOurs: (url: string) => boolean) {
  http.addHook('onRoute', (route) => {
    if (!isOurs(route.url)) return
    const schema = (route.schema ?? {}) as RouteSchema
    const access = route.config?.access ?? 'public'
    route.schema = {
      ...schema,
      tags: schema.tags ?? tagsOf(route.url),
      ...(schema.querystring ? { querystring: queryOf(schema.querystring) } : {}),
      description: [schema.description, ROLES[access]].filter(Boolean).join(' '),
      security: access === 'public' ? [] : [{ token: [] }],
      response: { ...successOf(route, schema), ...schema.response, ...errorsOf(schema) },
    } as RouteOptions['schema'] & RouteSchema
  })
}

/** A property with a default is always there for whoever handles the request, and so required by its type; no caller has to give it. */
function queryOf(query: QuerySchema): QuerySchema {
  const { properties = {}, required = [] } = query
  const needed = required.filter((name) => !('default' in (properties[name] ?? {})))
  return { ...{ additionalProperties: false }, ...query, required: needed }
}

/** A deletion that declares no answer has none. */
function successOf({ method }: RouteOptions, { response = {} }: RouteSchema): Record<string, unknown> {
  const declared = Object.keys(response).some((status) => status.startsWith('2'))
  return method === 'DELETE' && !declared ? { 204: Type.Null({ description: 'done' }) } : {}
}

function errorsOf({ response = {} }: RouteSchema): Record<string, unknown> {
  const own = Object.keys(response)
  const error = {
    ...ErrorBody,
    description: 'What was wrong, and what to do: `code` is stable, `message` is for people.',
  }
  return {
    ...(own.includes('4xx') ? {} : { '4xx': error }),
    ...(own.includes('5xx') ? {} : { '5xx': error }),
  }
}
