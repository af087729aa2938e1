import { isName, parseMilliseconds, Reading } from '@ajar/protocol'
import { sql } from 'kysely'
import { Value } from 'typebox/value'
import { clockFlaw } from '../capture-time.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { untilWritten } from '../database/until-written.ts'

export interface IncomingReading {
  device: string
  sensor: string
  /** As it was written, or null: the server mints one. */
  time: string | null
  payload: Uint8Array
}

/**
 * Stores one reading; resolves when it is on the disk, or cannot be used. A reading sent again with its time changes
 * nothing; one without a time is another reading each time it comes.
 * @returns why it cannot be used, or null
 */
export async function recordReading(database: StateDatabase, reading: IncomingReading): Promise<string | null> {
  const receivedAt = Date.now()
  const time = reading.time === null ? receivedAt : parseMilliseconds(reading.time)
  if (!isName(reading.sensor)) return 'names are lower-case letters, digits and hyphens, at most 32'
  if (time === null) return 'the time is not in milliseconds since 1970'
  const wrongClock = clockFlaw(time, receivedAt)
  if (wrongClock) return wrongClock
  const body = parse(reading.payload)
  if (!Value.Check(Reading, body)) return 'a reading is {"value": number, text or list of numbers}'
  const { device, sensor } = reading
  const row = { device, sensor, received_at: receivedAt, value_json: JSON.stringify(body.value) }
  const insert = database.write.insertInto('readings')
  await untilWritten(() =>
    reading.time === null
      ? insert.values({ ...row, at: mintedTime(device, sensor, receivedAt) }).execute()
      : insert
          .values({ ...row, at: time })
          .onConflict((clash) => clash.doNothing())
          .execute(),
  )
  return null
}

/** Rises strictly within the sensor. It is found while the row is written, so that no two readings get the same. */
function mintedTime(device: string, sensor: string, now: number) {
  const last = sql`select max(at) from readings where device = ${device} and sensor = ${sensor}`
  return sql<number>`max(${now}, coalesce((${last}) + 1, 0))`
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return undefined
  }
}
