import { parseCameraId } from '@ajar/protocol'
import type { StateDatabase } from '../database/state-database.ts'

/** What a sensor read at that time (milliseconds UTC) while nobody was asked about it, as JSON; null: nothing. */
export async function valueAt({ read }: StateDatabase, sensor: string, at: number): Promise<string | null> {
  const { device = '', camera: name = '' } = parseCameraId(sensor) ?? {}
  const row = await read
    .selectFrom('readings')
    .select('value_json')
    .where('device', '=', device)
    .where('sensor', '=', name)
    .where('at', '=', at)
    .executeTakeFirst()
  return row?.value_json ?? null
}
