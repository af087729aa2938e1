import { type Static, Type } from 'typebox'
import type { ScheduleRow } from '../../database/schema.ts'
import { callerName } from '../../http/access.ts'
import type { Http } from '../../http/http.ts'
import { iso, isoOrNull, listOf, NullableTime, nullable, Time } from '../../http/shapes.ts'
import type { Schedules } from './schedules.ts'

const strict = { additionalProperties: false }
const ById = Type.Object({ id: Type.String() })

const Params = Type.Record(Type.String(), Type.Unknown(), {
  description:
    'what the job is told, as the call that asks for one of its kind says it; `training`: seed, augmentations; `task`: ' +
    'task, params (its picture, the newest frame of the camera, left out), readings',
})
const Cron = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'minute, hour, day, month, weekday, and seconds before them if six; at most once a minute',
})
const Timezone = Type.String({ minLength: 1, maxLength: 64, description: 'such as Europe/Berlin' })

const ScheduleBody = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  camera: nullable(Type.String()),
  params: Params,
  cron: Type.String(),
  timezone: Type.String(),
  paused: Type.Boolean(),
  owner: Type.String({ description: 'who made it, and asks for its jobs' }),
  createdAt: Time,
  nextAt: NullableTime,
  lastJob: nullable(Type.String({ description: 'the job that it asked for last' })),
})

export function scheduleRoutes(http: Http, schedules: Schedules) {
  http.get(
    '/api/schedules',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Jobs that are asked for again and again, the oldest schedule first',
        querystring: Type.Object({ camera: Type.Optional(Type.String({ description: 'device/camera' })) }, strict),
        response: { 200: listOf(ScheduleBody) },
      },
    },
    async ({ query }) => ({ items: (await schedules.list(query.camera)).map(shownSchedule), next: null }),
  )

  http.get(
    '/api/schedules/:id',
    {
      config: { access: 'viewer' },
      schema: { summary: 'One schedule', params: ById, response: { 200: ScheduleBody } },
    },
    async ({ params }) => shownSchedule(await schedules.get(params.id)),
  )

  http.post(
    '/api/schedules',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Have a job done again and again',
        description:
          'Each time makes one job, never two, also where the server is restarted or killed meanwhile. Times that went by ' +
          'while it was down make one job together, at its start. A time at which the job before has not ended is left ' +
          'out, which the log says. A clock that is set back fires nothing again. At most 200 schedules.',
        body: Type.Object(
          {
            kind: Type.String({ description: '`training` or `task`' }),
            camera: Type.String({ description: 'device/camera' }),
            params: Type.Optional(Params),
            cron: Cron,
            timezone: Type.Optional(Timezone),
          },
          strict,
        ),
        response: { 201: ScheduleBody },
      },
    },
    async (request, reply) => {
      const { params = {}, timezone = 'UTC', ...said } = request.body
      const row = await schedules.create({ ...said, params, timezone }, callerName(request))
      return reply.status(201).send(shownSchedule(row))
    },
  )

  http.patch(
    '/api/schedules/:id',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Change a schedule, pause it, or let it go on',
        description: 'What it missed while it was paused is not done later.',
        params: ById,
        body: Type.Object(
          {
            params: Type.Optional(Params),
            cron: Type.Optional(Cron),
            timezone: Type.Optional(Timezone),
            paused: Type.Optional(Type.Boolean()),
          },
          strict,
        ),
        response: { 200: ScheduleBody },
      },
    },
    async ({ params, body }) => shownSchedule(await schedules.change(params.id, body)),
  )

  http.delete(
    '/api/schedules/:id',
    {
      config: { access: 'operator' },
      schema: { summary: 'Delete a schedule; jobs that it asked for already go on', params: ById },
    },
    async ({ params }, reply) => {
      await schedules.remove(params.id)
      return reply.status(204).send()
    },
  )
}

function shownSchedule(row: ScheduleRow): Static<typeof ScheduleBody> {
  const { id, kind, camera, cron, timezone, owner } = row
  return {
    ...{ id, kind, camera, params: JSON.parse(row.params_json), cron, timezone, paused: row.paused === 1, owner },
    createdAt: iso(row.created_at),
    nextAt: isoOrNull(row.next_at),
    lastJob: row.last_job,
  }
}
