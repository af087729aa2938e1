import type { Reading } from '@ajar/protocol'
import { type Kysely, sql } from 'kysely'
import type { Events } from '../database/events.ts'
import type { EventRow, SensorsTable, StateTables } from '../database/schema.ts'
import { addPoints } from './influx/outbox.ts'
import { readingPoint } from './influx/points.ts'

type Database = Kysely<StateTables>

/** A reading that is stored, here or in the frames files. */
export interface Timed {
  device: string
  sensor: string
  /** Milliseconds UTC. */
  at: number
  value: Reading['value']
  /** `value` in one way of writing, by which readings are compared. */
  valueJson: string
}

/** `device/sensor` */
export const sensorId = ({ device, sensor }: { device: string; sensor: string }) => `${device}/${sensor}`

export interface TellOptions {
  events: Pick<Events, 'append'>
  /** Whether points go into the outbox of the InfluxDB sink. */
  influx: boolean
  /** The event row that tells of each sensor (`device/sensor`), as far as it is remembered. */
  told: ReadonlyMap<string, number>
  /** What the device's agent says of a sensor, or null. */
  factsOf(device: string, sensor: string): SensorFacts | null
}

/** They stand beside a sensor from its first reading on; later ones, which whoever hears a status writes, stay. */
export interface SensorFacts {
  unit: string | null
  driver: string | null
}

/**
 * Writes what follows from readings that are stored, whoever stored them: the newest of each sensor, its event, and points.
 * @param newestAt of the sensors, before these readings
 * @returns the events by sensor, to be published once it is committed
 */
export async function tellReadings(
  transaction: Database,
  stored: readonly Timed[],
  newestAt: ReadonlyMap<string, number>,
  options: TellOptions,
): Promise<Map<string, EventRow>> {
  // Each question to the thread that writes costs a switch to it and back: these follow each other without a wait.
  const [events] = await Promise.all([
    tell(transaction, newestIn(stored, newestAt), options),
    updateSensors(transaction, stored, (reading) =>
      newestAt.has(sensorId(reading)) ? null : options.factsOf(reading.device, reading.sensor),
    ),
    options.influx ? addPoints(transaction, stored.map(pointOf)) : null,
  ])
  return events
}

/** The time of the newest reading of each sensor that is known. */
export async function newestOf(
  transaction: Database,
  readings: { device: string; sensor: string }[],
): Promise<Map<string, number>> {
  const sensors = [...new Map(readings.map((reading) => [sensorId(reading), reading])).values()]
  const known = await transaction
    .selectFrom('sensors')
    .select(['device', 'name as sensor', 'last_at'])
    .where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('device', 'name'),
        'in',
        sensors.map(({ device, sensor }) => tuple(device, sensor)),
      ),
    )
    .execute()
  return new Map(known.map((row) => [sensorId(row), row.last_at]))
}

/** @param factsOf what is known of a sensor that has no row yet */
async function updateSensors(
  transaction: Database,
  stored: Iterable<Timed>,
  factsOf: (reading: Timed) => SensorFacts | null,
) {
  const rows = new Map<string, SensorsTable>()
  for (const reading of stored) {
    const { at, valueJson } = reading
    const id = sensorId(reading)
    const row = rows.get(id) ?? newSensor(reading, factsOf(reading))
    const newest = at >= row.last_at ? { last_at: at, last_value_json: valueJson } : {}
    rows.set(id, { ...row, ...newest })
  }
  await transaction
    .insertInto('sensors')
    .values([...rows.values()])
    .onConflict((clash) =>
      clash.columns(['device', 'name']).doUpdateSet({
        last_at: sql`max(last_at, excluded.last_at)`,
        last_value_json: sql`iif(excluded.last_at > last_at, excluded.last_value_json, last_value_json)`,
      }),
    )
    .execute()
}

function newSensor({ device, sensor, at, valueJson }: Timed, facts: SensorFacts | null): SensorsTable {
  const { unit = null, driver = null } = facts ?? {}
  return { device, name: sensor, last_at: at, last_value_json: valueJson, unit, driver }
}

const pointOf = ({ device, sensor, at, valueJson }: Timed) =>
  readingPoint({ device, sensor, at, value_json: valueJson })

/** The newest reading of each sensor, where it is newer than what was known: what comes late is no news. */
function newestIn(stored: Iterable<Timed>, known: ReadonlyMap<string, number>): Map<string, Timed> {
  const newest = new Map<string, Timed>()
  for (const reading of stored) {
    const before = newest.get(sensorId(reading))?.at ?? known.get(sensorId(reading)) ?? Number.NEGATIVE_INFINITY
    if (reading.at > before) newest.set(sensorId(reading), reading)
  }
  return newest
}

/**
 * An event of a sensor takes the place of the one before: whoever comes back is told the newest reading of each sensor,
 * and an hour of readings does not become an hour of rows. The oldest event stays, for it says how far back one can go on.
 */
async function tell(
  transaction: Database,
  newest: Map<string, Timed>,
  { events, told }: TellOptions,
): Promise<Map<string, EventRow>> {
  const outdated = [...newest.keys()].flatMap((id) => told.get(id) ?? [])
  const said = [...newest.values()].map(({ device, sensor, at, value }) => ({
    kind: 'reading' as const,
    data: { device, sensor, at: new Date(at).toISOString(), value },
  }))
  const [rows] = await Promise.all([
    events.append(transaction, said),
    outdated.length > 0 ? removeEvents(transaction, outdated) : null,
  ])
  rows.sort((a, b) => a.id - b.id)
  return new Map([...newest.keys()].map((id, i) => [id, rows[i] as EventRow]))
}

async function removeEvents(transaction: Database, ids: number[]) {
  await transaction
    .deleteFrom('events')
    .where('id', 'in', ids)
    .where('id', '>', ({ selectFrom }) => selectFrom('events').select(({ fn }) => fn.min('id').as('oldest')))
    .execute()
}
