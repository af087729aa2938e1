import { Type } from 'typebox'
import type { StateDatabase } from '../database/state-database.ts'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, Name, nullable, Time } from '../http/shapes.ts'

const SensorPath = Type.Object({ device: Name, sensor: Name })
const Sensor = Type.Object({
  device: Type.String(),
  sensor: Type.String(),
  unit: nullable(Type.String({ description: 'what its numbers are in' })),
  driver: nullable(
    Type.String({
      description: 'what reads it; `task NAME`: a task that is run by itself writes it, as often as it is run',
    }),
  ),
  fault: nullable(Type.String({ description: 'why it cannot be read now; null where its device is away' })),
  at: Time,
  value: Type.Unknown({ description: 'number, text or list of numbers' }),
})

export interface SensorRoutesPorts {
  database: StateDatabase
  /** Why a sensor cannot be read now, as its agent says; null where nothing hinders it, or its device is away. */
  faultOf(device: string, sensor: string): string | null
  /** Resolves when the sensor is gone with its readings. */
  remove(device: string, sensor: string, author: string): Promise<void>
}

/** Whoever asked is answered after so long, done or not: a proxy, or the console, would not wait longer. */
const ANSWER_MS = 10_000

export function sensorRoutes(http: Http, { database: { read }, faultOf, remove }: SensorRoutesPorts) {
  http.get(
    '/api/sensors',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Sensors with the newest reading of each; one is forgotten when its last reading goes for its age',
        querystring: Type.Object({
          device: Type.Optional(Name),
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 500 }),
          cursor: Type.Optional(
            Type.String({ pattern: '^[a-z0-9-]{1,32}/[a-z0-9-]{1,32}$', description: '`next` of the page before' }),
          ),
        }),
        response: { 200: listOf(Sensor) },
      },
    },
    async ({ query: { device, limit, cursor } }) => {
      let select = read.selectFrom('sensors').selectAll()
      if (device !== undefined) select = select.where('device', '=', device)
      if (cursor !== undefined) {
        const [ofDevice = '', name = ''] = cursor.split('/')
        select = select.where(({ eb, refTuple, tuple }) => eb(refTuple('device', 'name'), '>=', tuple(ofDevice, name)))
      }
      const rows = await select
        .orderBy('device')
        .orderBy('name')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit).map((row) => ({
        ...{ device: row.device, sensor: row.name, unit: row.unit, driver: row.driver },
        fault: faultOf(row.device, row.name),
        ...{ at: iso(row.last_at), value: JSON.parse(row.last_value_json) as unknown },
      }))
      const next = rows[limit]
      return { items, next: next ? `${next.device}/${next.name}` : null }
    },
  )

  http.delete(
    '/api/sensors/:device/:sensor',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Remove a sensor with all that it read',
        description:
          'Its device may then have another one in its place. Where it is still sent it comes again with its next ' +
          'reading, so take it out of the agent first. Millions of readings take longer than an answer may (202): the ' +
          'oldest go first, and the sensor with the last of them, of which the event `sensor` tells. Points in InfluxDB stay.',
        params: SensorPath,
        response: {
          202: Type.Object({ removed: Type.Literal(false, { description: 'it goes on' }) }),
          204: Type.Null({ description: 'it is gone' }),
        },
      },
    },
    async (request, reply) => {
      const { device, sensor } = request.params
      const removed = remove(device, sensor, callerName(request)).then(() => true)
      if (await within(ANSWER_MS, removed, false)) return reply.status(204).send(null)
      return reply.status(202).send({ removed: false as const })
    },
  )
}

/** What the promise resolves to, or `late` after so long. */
async function within<T>(ms: number, promise: Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), ms)
  })
  try {
    return await Promise.race([promise, enough])
  } finally {
    clearTimeout(timer)
  }
}
