import type { CameraRef } from '@ajar/protocol'
import type { StateDatabase } from '../database/state-database.ts'
import { HttpError } from '../http/errors.ts'
import { knownSensor } from './sensor-body.ts'

/**
 * How many numbers the newest reading of a sensor has, whether it is set up or not; null before the first one.
 * @throws HttpError 400 `not_a_vector` where states cannot be told by it
 */
export async function newestLength(database: StateDatabase, { device, camera }: CameraRef): Promise<number | null> {
  const known = await knownSensor(database, device, camera)
  if (known?.last_value_json == null) return null
  const value: unknown = JSON.parse(known.last_value_json)
  if (typeof value === 'number') return 1
  if (Array.isArray(value) && value.length > 0) return value.length
  const why = `states are told by numbers, and ${device}/${camera} last read ${JSON.stringify(value)}`
  throw new HttpError(400, 'not_a_vector', why)
}
