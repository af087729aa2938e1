import type { StateDatabase } from '../src/database/state-database.ts'
import type { Point } from '../src/record/influx/points.ts'

/** Points that wait for InfluxDB, in the order in which it would get them. */
export async function pointsIn({ read }: Pick<StateDatabase, 'read'>, measurement?: string): Promise<Point[]> {
  const rows = await read.selectFrom('influx_outbox').select('point_json').orderBy('id').execute()
  const points = rows.map(({ point_json }) => JSON.parse(point_json) as Point)
  return points.filter((point) => measurement === undefined || point.measurement === measurement)
}

/** What InfluxDB makes of them: of the same measurement, tags and time there is one, with the newest of each field. */
export function asKept(points: Point[]): Point[] {
  const kept = new Map<string, Point>()
  for (const point of points) {
    const key = JSON.stringify([point.measurement, Object.entries(point.tags).sort(), point.timestamp])
    kept.set(key, { ...point, fields: { ...kept.get(key)?.fields, ...point.fields } })
  }
  return [...kept.values()].sort((a, b) => a.timestamp - b.timestamp)
}
