import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { DataSessionRow } from '../../database/schema-laboratory.ts'
import type { Http } from '../../http/http.ts'
import { iso } from '../../http/shapes.ts'
import { checkEntries } from '../check-entries.ts'
import type { Entry } from '../entries.ts'
import type { OperationBody } from '../execution/operation-body.ts'
import type { Operations } from '../execution/operations.ts'
import { FieldErrors } from '../field-errors.ts'
import { baseOf } from '../files/base-of.ts'
import { PageQuery, page, pageAsked, pageOf } from './page.ts'
import { FilterQuery, filtersAsked } from './session-filters.ts'
import type { Sessions } from './sessions.ts'
import { analyst, callerOf, DataSession, Entries, SessionId } from './shapes.ts'

export interface SessionRoutesPorts {
  sessions: Sessions
  operations: Pick<Operations, 'ofSessions' | 'body'>
  /** AJAR_PUBLIC_URL, or empty. */
  publicUrl: string
}

const NAME_LETTERS = 255
const SessionName = Type.String({ minLength: 1, maxLength: NAME_LETTERS })
const Named = Type.Object({ name: SessionName, input_data: Type.Optional(Entries) })
const Changed = Type.Object({ name: Type.Optional(SessionName), input_data: Type.Optional(Entries) })
/** Data sessions as the older client has them. */
export function sessionRoutes(http: Http, { sessions, operations, publicUrl }: SessionRoutesPorts) {
  const bodies = async (request: FastifyRequest, rows: readonly DataSessionRow[]) => {
    const found = await operations.ofSessions(rows.map(({ id }) => id))
    const shown = await operations.body(found, baseOf(request, publicUrl))
    const bySession = Map.groupBy(
      shown.map((body, i) => ({ body, session: found[i]?.session })),
      ({ session }) => session,
    )
    return rows.map((row) => sessionBody(row, bySession.get(row.id)?.map(({ body }) => body) ?? []))
  }
  const body = async (request: FastifyRequest, row: DataSessionRow) => {
    const [shown] = await bodies(request, [row])
    if (!shown) throw new Error(`data session ${row.id} is not shown`)
    return shown
  }

  http.get(
    '/api/datasessions/',
    {
      config: analyst,
      schema: {
        summary: "A page of the data sessions of the caller, the newest modified first; an admin sees everybody's",
        querystring: Type.Object({ ...PageQuery, ...FilterQuery }, { additionalProperties: true }),
        response: { 200: pageOf(DataSession) },
      },
    },
    async (request) => {
      const asked = pageAsked(request.query)
      const { rows, count } = await sessions.list(callerOf(request), filtersAsked(request.query), asked)
      return page(baseOf(request, publicUrl), request.url, asked, count, await bodies(request, rows))
    },
  )

  http.post(
    '/api/datasessions/',
    {
      config: analyst,
      schema: { summary: 'Make a data session', body: Named, response: { 201: DataSession } },
    },
    async (request, reply) => {
      const { name, input_data } = request.body
      const row = await sessions.create(callerOf(request), checkedName(name), entriesOf(input_data) ?? [])
      return reply.status(201).send(sessionBody(row, []))
    },
  )

  http.get(
    '/api/datasessions/:id/',
    {
      config: analyst,
      schema: { summary: 'A data session', params: SessionId, response: { 200: DataSession } },
    },
    async (request) => {
      const row = await sessions.readable(callerOf(request), request.params.id)
      await sessions.looked(row)
      return body(request, row)
    },
  )

  const change = async (
    request: FastifyRequest,
    id: string,
    { name, input_data }: { name?: string; input_data?: unknown },
  ) => {
    const own = await sessions.own(callerOf(request), id)
    const row = await sessions.change(own, name === undefined ? undefined : checkedName(name), entriesOf(input_data))
    return body(request, row)
  }
  const summary = 'Rename a data session, and add what is in `input_data`, but for what it holds already'
  http.patch(
    '/api/datasessions/:id/',
    { config: analyst, schema: { summary, params: SessionId, body: Changed, response: { 200: DataSession } } },
    (request) => change(request, request.params.id, request.body),
  )
  http.put(
    '/api/datasessions/:id/',
    { config: analyst, schema: { summary, params: SessionId, body: Named, response: { 200: DataSession } } },
    (request) => change(request, request.params.id, request.body),
  )

  http.delete(
    '/api/datasessions/:id/',
    {
      config: analyst,
      schema: { summary: 'Remove a data session; what of its operations runs is ended', params: SessionId },
    },
    async (request, reply) => {
      await sessions.remove(await sessions.readable(callerOf(request), request.params.id))
      return reply.status(204).send()
    },
  )
}

function sessionBody(row: DataSessionRow, operations: OperationBody[]) {
  return {
    ...{ id: row.id, operations, user: row.user, name: row.name, input_data: JSON.parse(row.input_json) },
    ...{ created: iso(row.created_at), accessed: iso(row.accessed_at), modified: iso(row.modified_at) },
  }
}

/** @throws FieldErrors where it is no name to be shown */
function checkedName(name: string): string {
  const trimmed = name.trim()
  if (trimmed === '') throw new FieldErrors({ name: ['This field may not be blank.'] })
  if (trimmed.includes('\0')) throw new FieldErrors({ name: ['Null characters are not allowed.'] })
  if (!trimmed.isWellFormed()) throw new FieldErrors({ name: ['Surrogate characters are not allowed.'] })
  return trimmed
}

function entriesOf(value: unknown): Entry[] | undefined {
  if (value === undefined) return undefined
  const checked = checkEntries(value)
  if ('wrong' in checked) throw new FieldErrors({ input_data: checked.wrong })
  return checked.entries
}
