import { SensorStatus, type Status } from '@ajar/protocol'
import { sql } from 'kysely'
import { Value } from 'typebox/value'
import type { StateDatabase } from '../database/state-database.ts'

/** What a status says of a sensor, or null; one that an agent of another release wrote may hold anything. */
export function sensorIn(status: Status | null, sensor: string): SensorStatus | null {
  const said: unknown = status?.sensors?.[sensor]
  return Value.Check(SensorStatus, said) ? said : null
}

/**
 * Keeps unit and driver of sensors, which agents say, beside the readings: they are so also while the device is away. A
 * sensor without a reading has no row yet; its first one brings them.
 */
export class KnownFacts {
  readonly #database: StateDatabase
  /** By device, as JSON: a status comes every half minute and says the same. */
  readonly #kept = new Map<string, string>()

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /** @throws where the disk refuses */
  async keep(device: string, status: Status) {
    const told = Object.entries(status.sensors ?? {}).map(([name, { unit, driver }]) => ({ name, unit, driver }))
    if (told.length === 0) return
    const facts = JSON.stringify(told)
    if (this.#kept.get(device) === facts) return
    await sql`
      update sensors set unit = said.value ->> 'unit', driver = said.value ->> 'driver'
        from json_each(${facts}) as said
       where sensors.device = ${device} and sensors.name = said.value ->> 'name'
         and (unit is not said.value ->> 'unit' or driver is not said.value ->> 'driver')`.execute(this.#database.write)
    this.#kept.set(device, facts)
  }

  forget(device: string) {
    this.#kept.delete(device)
  }
}
