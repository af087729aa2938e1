import { isName, parseMilliseconds, Reading } from '@ajar/protocol'
import { Value } from 'typebox/value'
import type { StateDatabase } from '../database/state-database.ts'
import { untilWritten } from '../database/until-written.ts'

export interface IncomingReading {
  device: string
  sensor: string
  time: string | null
  payload: Uint8Array
}

/**
 * Stores one reading; resolves when it is on the disk, or cannot be used. A reading sent again changes nothing.
 * @returns why it cannot be used, or null
 */
export async function recordReading(database: StateDatabase, reading: IncomingReading): Promise<string | null> {
  const receivedAt = Date.now()
  const at = reading.time === null ? receivedAt : parseMilliseconds(reading.time)
  if (!isName(reading.sensor)) return 'names are lower-case letters, digits and hyphens, at most 32'
  if (at === null) return 'the time is not in milliseconds since 1970'
  const body = parse(reading.payload)
  if (!Value.Check(Reading, body)) return 'a reading is {"value": number, text or list of numbers}'
  const { device, sensor } = reading
  const row = { device, sensor, at, received_at: receivedAt, value_json: JSON.stringify(body.value) }
  await untilWritten(() =>
    database.write
      .insertInto('readings')
      .values(row)
      .onConflict((clash) => clash.doNothing())
      .execute(),
  )
  return null
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return undefined
  }
}
