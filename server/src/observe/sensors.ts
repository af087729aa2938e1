import { SensorStatus, type Status } from '@ajar/protocol'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { StateDatabase } from '../database/state-database.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, Name, nullable, Time } from '../http/shapes.ts'

/** What an agent says of a sensor; null where it says nothing. */
export interface SensorFacts {
  unit: string | null
  driver: string | null
  fault: string | null
}

const Sensor = Type.Object({
  device: Type.String(),
  sensor: Type.String(),
  unit: nullable(Type.String({ description: 'what its numbers are in' })),
  driver: nullable(Type.String({ description: 'what reads it' })),
  fault: nullable(Type.String({ description: 'why it cannot be read now' })),
  at: Time,
  value: Type.Unknown({ description: 'number, text or list of numbers' }),
})

/** The facts of a sensor in a device's status; one that an agent of another release wrote may hold anything. */
export function factsIn(status: Status | null, sensor: string): SensorFacts {
  const said: unknown = status?.sensors?.[sensor]
  if (!Value.Check(SensorStatus, said)) return { unit: null, driver: null, fault: null }
  return { unit: said.unit, driver: said.driver, fault: said.fault }
}

/** @param factsOf what the device's agent says of a sensor */
export function sensorRoutes(
  http: Http,
  { read }: StateDatabase,
  factsOf: (device: string, sensor: string) => SensorFacts,
) {
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
        ...{ device: row.device, sensor: row.name, ...factsOf(row.device, row.name) },
        ...{ at: iso(row.last_at), value: JSON.parse(row.last_value_json) as unknown },
      }))
      const next = rows[limit]
      return { items, next: next ? `${next.device}/${next.name}` : null }
    },
  )
}
