import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { DataSessionRow, OperationRow } from '../../database/schema-laboratory.ts'
import type { Http } from '../../http/http.ts'
import type { Available } from '../available.ts'
import { checkInputs } from '../check-inputs.ts'
import type { Operations } from '../execution/operations.ts'
import { FieldErrors } from '../field-errors.ts'
import { baseOf } from '../files/base-of.ts'
import { notAChoice } from '../kind-of.ts'
import { askedSchemas } from './operation-schemas.ts'
import { PageQuery, page, pageAsked, pageOf } from './page.ts'
import type { Sessions } from './sessions.ts'
import { analyst, callerOf, Op, OperationId, SessionId } from './shapes.ts'

export interface OperationRoutesPorts {
  sessions: Pick<Sessions, 'readable' | 'own'>
  operations: Pick<Operations, 'create' | 'page' | 'get' | 'body' | 'change' | 'remove'>
  /** Those that may be asked for. */
  available: Available
  /** AJAR_PUBLIC_URL, or empty. */
  publicUrl: string
}

const Inputs = Type.Unknown({ description: 'by what the operation declares, see GET /api/available_operations/' })
const AskedFields = { name: Type.String({ minLength: 1 }), input_data: Type.Optional(Inputs) }
const Changed = Type.Object({ name: Type.Optional(Type.String({ minLength: 1 })), input_data: Type.Optional(Inputs) })

/** Of one call. */
const MOST_IDS = 10_000

/** Operations of a data session as the older client has them. */
export function operationRoutes(http: Http, { sessions, operations, available, publicUrl }: OperationRoutesPorts) {
  // Only its fields are checked here; the rest is for readers of the reference.
  const Asked = Type.Object(AskedFields, {
    oneOf: askedSchemas(available.own),
    discriminator: { propertyName: 'name' },
  })
  const shown = async (request: FastifyRequest, rows: readonly OperationRow[]) =>
    operations.body(rows, baseOf(request, publicUrl))
  const one = async (request: FastifyRequest, row: OperationRow) => {
    const [body] = await shown(request, [row])
    if (!body) throw new Error(`operation ${row.id} is not shown`)
    return body
  }
  const found = ({ id }: DataSessionRow, op: string) => operations.get(id, /^\d{1,15}$/.test(op) ? Number(op) : 0)

  /** @throws FieldErrors where there is no such operation, or it was told what it does not take */
  const checked = async (name: string, inputData: unknown) => {
    const operation = await available.find(name)
    if (!operation) throw new FieldErrors({ name: [notAChoice(name)] })
    return checkInputs(operation, inputData)
  }

  http.get(
    '/api/datasessions/:id/operations/',
    {
      config: analyst,
      schema: {
        summary: 'A page of the operations of a data session, the oldest first',
        params: SessionId,
        querystring: Type.Object(PageQuery, { additionalProperties: true }),
        response: { 200: pageOf(Op) },
      },
    },
    async (request) => {
      const session = await sessions.readable(callerOf(request), request.params.id)
      const asked = pageAsked(request.query)
      const { rows, count } = await operations.page(session.id, asked)
      return page(baseOf(request, publicUrl), request.url, asked, count, await shown(request, rows))
    },
  )

  http.post(
    '/api/datasessions/:id/operations/',
    {
      config: analyst,
      schema: {
        summary: 'Ask for an operation; one whose result is known has COMPLETED at once',
        params: SessionId,
        body: Asked,
        response: { 201: Op },
      },
    },
    async (request, reply) => {
      const session = await sessions.own(callerOf(request), request.params.id)
      const { name, input_data = {} } = request.body
      const inputs = await checked(name, input_data)
      return reply.status(201).send(await one(request, await operations.create(session, name, inputs)))
    },
  )

  http.post(
    '/api/datasessions/:id/operations/bulk_delete/',
    {
      config: analyst,
      schema: {
        summary: 'Remove operations of a data session; those of others, and those that are none, are passed over',
        params: SessionId,
        body: Type.Object({ ids: Type.Array(Type.Integer(), { maxItems: MOST_IDS }) }),
        response: { 200: Type.Object({ deleted: Type.Integer() }) },
      },
    },
    async (request, reply) => {
      const session = await sessions.readable(callerOf(request), request.params.id)
      return reply.status(200).send({ deleted: await operations.remove(session.id, [...new Set(request.body.ids)]) })
    },
  )

  http.get(
    '/api/datasessions/:id/operations/:op/',
    { config: analyst, schema: { summary: 'An operation', params: OperationId, response: { 200: Op } } },
    async (request) => {
      const session = await sessions.readable(callerOf(request), request.params.id)
      return one(request, await found(session, request.params.op))
    },
  )

  const change = async (
    request: FastifyRequest,
    { id, op }: { id: string; op: string },
    { name, input_data }: { name?: string; input_data?: unknown },
  ) => {
    const row = await found(await sessions.own(callerOf(request), id), op)
    const inputs = await checked(name ?? row.name, input_data ?? JSON.parse(row.input_json))
    return one(request, await operations.change(row, name ?? row.name, inputs))
  }
  const summary = 'Ask for something else in place of an operation'
  http.patch(
    '/api/datasessions/:id/operations/:op/',
    { config: analyst, schema: { summary, params: OperationId, body: Changed, response: { 200: Op } } },
    (request) => change(request, request.params, request.body),
  )
  http.put(
    '/api/datasessions/:id/operations/:op/',
    { config: analyst, schema: { summary, params: OperationId, body: Asked, response: { 200: Op } } },
    (request) => change(request, request.params, { input_data: {}, ...request.body }),
  )

  http.delete(
    '/api/datasessions/:id/operations/:op/',
    {
      config: analyst,
      schema: { summary: 'Remove an operation; where it runs it is ended', params: OperationId },
    },
    async (request, reply) => {
      const session = await sessions.readable(callerOf(request), request.params.id)
      const { id } = await found(session, request.params.op)
      await operations.remove(session.id, [id])
      return reply.status(204).send()
    },
  )
}
