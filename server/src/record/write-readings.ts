import type { Kysely } from 'kysely'
import type { EventRow, StateTables } from '../database/schema.ts'
import type { Flaw } from '../ingest/reading.ts'
import type { JudgedReading, Written } from '../ingest/value.ts'
import { newestOf, sensorId, type TellOptions, type Timed, tellReadings } from './tell-readings.ts'

/** A sensor costs a row that stays, an event and a place on a page; a Pi has a tenth of these. */
export const MOST_SENSORS = 64

type Database = Kysely<StateTables>

/** A judged reading that has its time. */
type Judged = JudgedReading & { at: number }

const readingId = (reading: { device: string; sensor: string; at: number }) => `${sensorId(reading)}/${reading.at}`

/**
 * Writes readings in the order in which they came, with all that follows from them, inside the caller's transaction.
 * @returns what becomes of each, and the events of it by sensor, to be published once it is committed
 */
export async function writeReadings(
  transaction: Database,
  readings: JudgedReading[],
  options: TellOptions,
): Promise<{ written: Written[]; events: Map<string, EventRow> }> {
  const newestAt = await newestOf(transaction, readings)
  const isRefused = await beyondRoom(transaction, readings, newestAt)
  const timed = withTimes(readings, newestAt)
  const candidates = new Map<string, Judged>()
  for (const reading of timed)
    if (!isRefused(reading) && !candidates.has(readingId(reading))) candidates.set(readingId(reading), reading)
  const stored = await insertNew(transaction, [...candidates.values()])
  const held = await valuesOf(
    transaction,
    [...candidates.values()].filter((reading) => !stored.has(reading)),
  )
  const written = timed.map((reading): Written => {
    if (isRefused(reading)) return { kind: 'refused', flaw: TOO_MANY }
    if (stored.has(reading)) return { kind: 'stored', at: reading.at }
    const first = held.get(readingId(reading)) ?? candidates.get(readingId(reading))?.valueJson
    if (first === reading.valueJson) return { kind: 'duplicate', at: reading.at }
    return { kind: 'refused', flaw: COLLISION }
  })
  if (stored.size === 0) return { written, events: new Map() }
  return { written, events: await tellReadings(transaction, [...stored], newestAt, options) }
}

const TOO_MANY: Flaw = {
  code: 'too_many_sensors',
  reason: `this device has ${MOST_SENSORS} sensors already: remove one that it reads no more (page Devices, or DELETE /api/sensors)`,
}
const COLLISION: Flaw = {
  code: 'id_collision',
  reason: 'another value has this time already, and stays: times must rise within a sensor',
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
function withTimes(readings: JudgedReading[], newestAt: ReadonlyMap<string, number>): Judged[] {
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
async function insertNew(transaction: Database, readings: Judged[]): Promise<Set<Judged>> {
  if (readings.length === 0) return new Set()
  const storedAt = Date.now()
  const inserted = await transaction
    .insertInto('readings')
    .values(
      readings.map(({ device, sensor, at, receivedAt, valueJson }) => ({
        ...{ device, sensor, at, received_at: receivedAt, stored_at: storedAt, value_json: valueJson },
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
