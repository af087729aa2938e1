import { type Kysely, sql } from 'kysely'
import type { Events } from '../database/events.ts'
import type { EventRow, SensorsTable, StateTables } from '../database/schema.ts'
import { addPoints } from './influx/outbox.ts'
import { readingPoint } from './influx/points.ts'
import type { JudgedReading, ReadingFlaw } from './judge-reading.ts'

/** A sensor costs a row that stays, an event and a place on a page; a Pi has a tenth of these. */
export const MOST_SENSORS = 64

type Database = Kysely<StateTables>
/** What becomes of a reading. */
export type Written = 'stored' | 'duplicate' | ReadingFlaw
/** A reading that has its time. */
type Timed = JudgedReading & { at: number }

/** `device/sensor` */
export const sensorId = ({ device, sensor }: { device: string; sensor: string }) => `${device}/${sensor}`
const readingId = (reading: { device: string; sensor: string; at: number }) => `${sensorId(reading)}/${reading.at}`

export interface WriteOptions {
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
 * Writes readings in the order in which they came, with all that follows from them, inside the caller's transaction.
 * @returns what becomes of each, and the events of it by sensor, to be published once it is committed
 */
export async function writeReadings(
  transaction: Database,
  readings: JudgedReading[],
  options: WriteOptions,
): Promise<{ written: Written[]; events: Map<string, EventRow> }> {
  const newestAt = await newestOf(transaction, readings)
  const isRefused = await beyondRoom(transaction, readings, newestAt)
  const timed = withTimes(readings, newestAt)
  const candidates = new Map<string, Timed>()
  for (const reading of timed)
    if (!isRefused(reading) && !candidates.has(readingId(reading))) candidates.set(readingId(reading), reading)
  const stored = await insertNew(transaction, [...candidates.values()])
  const held = await valuesOf(
    transaction,
    [...candidates.values()].filter((reading) => !stored.has(reading)),
  )
  const written = timed.map((reading): Written => {
    if (isRefused(reading)) return TOO_MANY
    if (stored.has(reading)) return 'stored'
    const first = held.get(readingId(reading)) ?? candidates.get(readingId(reading))?.valueJson
    return first === reading.valueJson ? 'duplicate' : COLLISION
  })
  if (stored.size === 0) return { written, events: new Map() }
  // Each question to the thread that writes costs a switch to it and back: these follow each other without a wait.
  const [events] = await Promise.all([
    tell(transaction, newestIn(stored, newestAt), options),
    updateSensors(transaction, stored, (reading) =>
      newestAt.has(sensorId(reading)) ? null : options.factsOf(reading.device, reading.sensor),
    ),
    options.influx ? addPoints(transaction, [...stored].map(pointOf)) : null,
  ])
  return { written, events }
}

const TOO_MANY: ReadingFlaw = {
  code: 'too_many_sensors',
  reason: `this device has ${MOST_SENSORS} sensors already: remove one that it reads no more (page Devices, or DELETE /api/sensors)`,
}
const COLLISION: ReadingFlaw = {
  code: 'id_collision',
  reason: 'another value has this time already, and stays: times must rise within a sensor',
}

/** The time of the newest reading of each sensor that is known. */
async function newestOf(transaction: Database, readings: JudgedReading[]): Promise<Map<string, number>> {
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

/** @returns whether a reading is of a sensor for which its device has no room */
async function beyondRoom(
  transaction: Database,
  readings: JudgedReading[],
  known: ReadonlyMap<string, number>,
): Promise<(reading: JudgedReading) => boolean> {
  const unknown = readings.filter((reading) => !known.has(sensorId(reading)))
  if (unknown.length === 0) return () => false
  const counts = await transaction
    .selectFrom('sensors')
    .select(({ fn }) => ['device', fn.countAll<number>().as('count')])
    .where('device', 'in', [...new Set(unknown.map(({ device }) => device))])
    .groupBy('device')
    .execute()
  const taken = new Map(counts.map(({ device, count }) => [device, count]))
  const refused = new Set<string>()
  for (const [id, { device }] of new Map(unknown.map((reading) => [sensorId(reading), reading]))) {
    const count = taken.get(device) ?? 0
    if (count >= MOST_SENSORS) refused.add(id)
    else taken.set(device, count + 1)
  }
  return (reading) => refused.has(sensorId(reading))
}

/** A time that is minted rises strictly within the sensor (guarantee 5). */
function withTimes(readings: JudgedReading[], newestAt: ReadonlyMap<string, number>): Timed[] {
  const last = new Map(newestAt)
  return readings.map((reading) => {
    const id = sensorId(reading)
    const before = last.get(id) ?? Number.NEGATIVE_INFINITY
    const at = reading.at ?? Math.max(reading.receivedAt, before + 1)
    last.set(id, Math.max(before, at))
    return { ...reading, at }
  })
}

/** @returns those that were not there yet */
async function insertNew(transaction: Database, readings: Timed[]): Promise<Set<Timed>> {
  if (readings.length === 0) return new Set()
  const inserted = await transaction
    .insertInto('readings')
    .values(
      readings.map(({ device, sensor, at, receivedAt, valueJson }) => ({
        ...{ device, sensor, at, received_at: receivedAt, value_json: valueJson },
      })),
    )
    .onConflict((clash) => clash.doNothing())
    .returning(['device', 'sensor', 'at'])
    .execute()
  const ids = new Set(inserted.map(readingId))
  return new Set(readings.filter((reading) => ids.has(readingId(reading))))
}

/** What is stored under the ids of these, as JSON. */
async function valuesOf(transaction: Database, readings: Timed[]): Promise<Map<string, string>> {
  if (readings.length === 0) return new Map()
  const rows = await transaction
    .selectFrom('readings')
    .select(['device', 'sensor', 'at', 'value_json'])
    .where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('device', 'sensor', 'at'),
        'in',
        readings.map(({ device, sensor, at }) => tuple(device, sensor, at)),
      ),
    )
    .execute()
  return new Map(rows.map((row) => [readingId(row), row.value_json]))
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
  { events, told }: WriteOptions,
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
