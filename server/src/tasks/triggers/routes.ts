import { type Static, Type } from 'typebox'
import type { TaskTriggerRow } from '../../database/schema-tasks.ts'
import { callerName } from '../../http/access.ts'
import type { Http } from '../../http/http.ts'
import { iso, listOf, nullable, Time } from '../../http/shapes.ts'
import { TaskParams } from '../../http/task-params.ts'
import type { Automatic } from '../runs/check-automatic.ts'
import type { Triggers } from './triggers.ts'

const strict = { additionalProperties: false }
const ById = Type.Object({ id: Type.String() })
const { task, params, readings } = TaskParams.properties

const States = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  maxItems: 64,
  uniqueItems: true,
  description: 'states of the camera, or `unknown`; `[]`: any of these',
})

const TriggerBody = Type.Object({
  id: Type.String(),
  camera: Type.String(),
  states: Type.Array(Type.String()),
  task: Type.String(),
  params: Type.Record(Type.String(), Type.Unknown()),
  readings: nullable(
    Type.Record(Type.String(), Type.String(), { description: 'null: every number at the top of the result' }),
  ),
  paused: Type.Boolean(),
  owner: Type.String({ description: 'who made it, and asks for its jobs' }),
  createdAt: Time,
  lastJob: nullable(Type.String({ description: 'the job that it asked for last' })),
})

export function triggerRoutes(http: Http, triggers: Triggers) {
  http.get(
    '/api/task-triggers',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Tasks that are run when a camera comes to a state, the oldest first',
        querystring: Type.Object({ camera: Type.Optional(Type.String({ description: 'device/camera' })) }, strict),
        response: { 200: listOf(TriggerBody) },
      },
    },
    async ({ query }) => ({ items: (await triggers.list(query.camera)).map(shownTrigger), next: null }),
  )

  http.get(
    '/api/task-triggers/:id',
    {
      config: { access: 'viewer' },
      schema: { summary: 'One task trigger', params: ById, response: { 200: TriggerBody } },
    },
    async (request) => shownTrigger(await triggers.get(request.params.id)),
  )

  http.post(
    '/api/task-triggers',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Have a task run whenever a camera comes to a state',
        description:
          'Each transition makes one job, in the same transaction, with the frame that it was seen by as the picture of the ' +
          'task (`_imageURL`, or the only one that it takes); a transition without a frame, as when frames stop, has the ' +
          'newest one. Transitions that late frames make known afterwards are not acted upon. Where 10 jobs of a trigger ' +
          'wait, or 100 of the laboratory, a transition is left out, which `/metrics` counts. At most 200 triggers.',
        body: Type.Object(
          {
            camera: Type.String({ description: 'device/camera' }),
            states: Type.Optional(States),
            task,
            params,
            readings,
          },
          strict,
        ),
        response: { 201: TriggerBody },
      },
    },
    async (request, reply) => {
      const row = await triggers.create({ states: [], ...request.body }, callerName(request))
      return reply.status(201).send(shownTrigger(row))
    },
  )

  http.patch(
    '/api/task-triggers/:id',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Change a task trigger, pause it, or let it go on',
        description: 'Transitions that come while it is paused are not acted upon later.',
        params: ById,
        body: Type.Object(
          {
            states: Type.Optional(States),
            params,
            readings: Type.Optional(nullable(readings)),
            paused: Type.Optional(Type.Boolean()),
          },
          strict,
        ),
        response: { 200: TriggerBody },
      },
    },
    async (request) => shownTrigger(await triggers.change(request.params.id, request.body)),
  )

  http.delete(
    '/api/task-triggers/:id',
    {
      config: { access: 'operator' },
      schema: { summary: 'Delete a task trigger; jobs that it asked for already go on', params: ById },
    },
    async (request, reply) => {
      await triggers.remove(request.params.id)
      return reply.status(204).send()
    },
  )
}

function shownTrigger(row: TaskTriggerRow): Static<typeof TriggerBody> {
  const { id, camera, owner } = row
  const told = JSON.parse(row.params_json) as Automatic
  return {
    ...{ id, camera, states: JSON.parse(row.states_json), task: told.task, params: told.params ?? {} },
    ...{ readings: told.readings ?? null, paused: row.paused === 1, owner },
    ...{ createdAt: iso(row.created_at), lastJob: row.last_job },
  }
}
