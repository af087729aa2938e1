import { cameraId } from '@ajar/protocol'
import { Type } from 'typebox'
import type { Sources } from '../../devices/sources.ts'
import { callerName } from '../../http/access.ts'
import { badRequest, notFound } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { iso, isoOrNull, Name, NullableTime, nullable, Time } from '../../http/shapes.ts'
import { HOLD_ENDS, type Hold, LONGEST_S, MOST_READINGS, perSecond } from './hold.ts'
import type { Holds } from './holds.ts'

const SensorPath = Type.Object({ device: Name, sensor: Name })
const strict = { additionalProperties: false }
const FEWEST_READINGS = 2
const USUAL_READINGS = 200

const HoldBody = Type.Object({
  state: Type.String(),
  author: Type.String(),
  wanted: nullable(Type.Integer({ description: 'readings; null where it is held for a time' })),
  got: Type.Integer({ description: 'readings that have the label' }),
  refused: Type.Integer({ description: 'readings that came meanwhile and have not' }),
  reason: nullable(Type.String({ description: 'why the last of these has none' })),
  perSecond: Type.Number({ description: 'labelled readings per second since the start' }),
  startedAt: Time,
  endsAt: { ...Time, description: 'when it ends at the latest' },
  endedAt: NullableTime,
  endedBy: nullable(
    Type.Enum(HOLD_ENDS, {
      description:
        'null while it runs, or labels of it are on their way; `silence`: nothing came for 15 s; `closed`: the server ended',
    }),
  ),
})
const Answer = Type.Object({ hold: nullable(HoldBody) })

/** @param holds those of the server that is asked: a restart ends and forgets them, and keeps their labels */
export function holdRoutes(http: Http, { sources, holds }: { sources: Sources; holds: Holds }) {
  const path = '/api/sensors/:device/:sensor/holds'
  const idOf = ({ device, sensor }: { device: string; sensor: string }) => {
    const source = sources.get(cameraId({ device, camera: sensor }))
    if (source.kind !== 'sensor') throw notFound(`the sensor ${source.id}`)
    return source.id
  }

  http.get(
    path,
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The newest hold of a sensor, with its progress; null where there was none since the server started',
        params: SensorPath,
        response: { 200: Answer },
      },
    },
    async ({ params }) => {
      const hold = holds.of(idOf(params))
      return { hold: hold && shown(hold) }
    },
  )

  http.post(
    path,
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Label every reading of a sensor with one state from now on, while the door is held at it',
        description:
          'It ends when so many readings have come, or so many seconds are over, after 15 s without a reading, and ' +
          'after ten minutes in any case. One hold for each sensor at a time.',
        params: SensorPath,
        body: Type.Object(
          {
            state: Type.String({ description: 'one of the states of the sensor' }),
            readings: Type.Optional(
              Type.Integer({
                minimum: FEWEST_READINGS,
                maximum: MOST_READINGS,
                description: `so many, and no more (${USUAL_READINGS} unless told)`,
              }),
            ),
            seconds: Type.Optional(
              Type.Integer({ minimum: 1, maximum: LONGEST_S, description: 'instead: all that come in that time' }),
            ),
          },
          strict,
        ),
        response: { 201: Answer },
      },
    },
    async (request, reply) => {
      const { state, readings, seconds = null } = request.body
      if (readings !== undefined && seconds !== null)
        throw badRequest('both', 'a hold ends by readings, or by seconds: say one of them', 'seconds')
      const most = readings ?? (seconds === null ? USUAL_READINGS : MOST_READINGS)
      const asked = { state, seconds, readings: most, author: callerName(request) }
      return reply.status(201).send({ hold: shown(holds.begin(idOf(request.params), asked)) })
    },
  )

  http.delete(
    path,
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Stop the hold of a sensor',
        params: SensorPath,
        querystring: Type.Object(
          {
            labels: Type.Optional(
              Type.Enum(['keep', 'remove'], {
                description: '`remove`: take back all labels of the newest hold, whether it runs or is over',
              }),
            ),
          },
          strict,
        ),
        response: { 200: Answer },
      },
    },
    async ({ params, query }) => {
      const hold = await holds.stop(idOf(params), { takeBack: query.labels === 'remove' })
      return { hold: shown(hold) }
    },
  )
}

function shown(hold: Hold) {
  const { state, author, readings, seconds, got, refused, reason, startedAt, endsAt, endedAt, endedBy } = hold
  return {
    ...{ state, author, got, refused, reason, endedBy },
    wanted: seconds === null ? readings : null,
    perSecond: Number(perSecond(hold, Date.now()).toFixed(1)),
    ...{ startedAt: iso(startedAt), endsAt: iso(endsAt), endedAt: isoOrNull(endedAt) },
  }
}
