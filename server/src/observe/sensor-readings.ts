import { hash } from 'node:crypto'
import { Type } from 'typebox'
import type { JoinedRow } from '../database/chosen-frames.ts'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { notFound } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { ReadingPath, SENSOR } from '../http/nouns.ts'
import { iso, listOf, nullable } from '../http/shapes.ts'
import { listed, listQuery, ORDERS } from './listed-frames.ts'
import { howManyFit, valuesOf } from './reading-values.ts'
import { Frame, ListedFrame, oneFrame, shownFrames } from './shown-frames.ts'
import type { Why } from './usefulness.ts'

const value = nullable(
  Type.Unknown({ description: 'number, text or list of numbers; null where it is not kept any more' }),
)
const ReadingBody = Type.Object({ ...Frame.properties, value })
const ListedReading = Type.Object({ ...ListedFrame.properties, value })

export interface SensorReadingsPorts {
  database: StateDatabase
  archive: Archive
  sources: Sources
  /** Milliseconds UTC: of readings stored before, only those that are kept are there still. */
  storedSince(): number
}

/** Readings of sensors that are set up, as frames are listed and shown. */
export function sensorReadingRoutes(http: Http, ports: SensorReadingsPorts) {
  const { database, archive, sources, storedSince } = ports
  const shownWithValues = async (rows: (JoinedRow & { why?: Why })[]) => {
    const values = await valuesOf(archive, rows.map(idOf))
    const items = await shownFrames(archive, rows)
    return items.map((item, i) => ({ ...item, value: values[i] ?? null }))
  }

  http.get(
    `${SENSOR.path}/readings`,
    {
      config: { access: 'viewer' },
      schema: {
        summary:
          'Readings of a sensor that is set up, the newest first, or the most uncertain or useful of the 50,000 newest',
        description: `${ORDERS} Of long lists of numbers there are fewer than \`limit\`.`,
        params: SENSOR.params,
        querystring: Type.Object(listQuery),
        response: { 200: listOf(ListedReading) },
      },
    },
    async ({ params, query }) => {
      const { id: camera } = sources.at(SENSOR, params)
      const { rows, next } = await listed(database, { ...query, camera }, storedSince())
      const fitting = rows.slice(0, howManyFit(rows.map(({ size }) => ({ bytes: size }))))
      const first = query.order === 'newest' ? (rows[fitting.length]?.captured_at ?? next) : null
      return { items: await shownWithValues(fitting), next: first === null ? null : String(first) }
    },
  )

  http.get(
    SENSOR.shotPath,
    {
      config: { access: 'viewer' },
      schema: { summary: 'One reading', params: ReadingPath, response: { 200: ReadingBody } },
    },
    async ({ params: { device, sensor, atMs } }) => {
      const reading = { camera: `${device}/${sensor}`, capturedAt: atMs }
      const plain = await plainReading(database, device, sensor, atMs)
      if (plain) return plain
      if (sources.find(reading.camera)?.kind !== 'sensor') throw notFound(`the reading ${reading.camera}/${atMs}`)
      const shown = await oneFrame(ports, reading)
      const [value = null] = await valuesOf(archive, [reading])
      return { ...shown, value }
    },
  )
}

/** A reading of a sensor that has no states, or had none then: nobody was asked about it. */
async function plainReading({ read }: StateDatabase, device: string, sensor: string, at: number) {
  const row = await read
    .selectFrom('readings')
    .selectAll()
    .where('device', '=', device)
    .where('sensor', '=', sensor)
    .where('at', '=', at)
    .executeTakeFirst()
  if (!row) return null
  const camera = `${device}/${sensor}`
  return {
    ...{ id: `${camera}/${at}`, camera, capturedAt: iso(at), receivedAt: iso(row.received_at) },
    size: Buffer.byteLength(row.value_json),
    sha256: hash('sha256', row.value_json),
    ...{ outcome: null, code: null, label: null, result: null, pruned: false },
    value: JSON.parse(row.value_json) as unknown,
  }
}

function idOf({ camera, captured_at }: JoinedRow) {
  return { camera, capturedAt: captured_at }
}
