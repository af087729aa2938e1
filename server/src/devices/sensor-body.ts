import { CameraState } from '@ajar/protocol'
import { sql } from 'kysely'
import { type Static, Type } from 'typebox'
import type { SensorRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { iso, isoOrNull, nullable, Time } from '../http/shapes.ts'
import { sensorSettings } from './source-settings.ts'
import type { Source, Sources } from './sources.ts'

/** A sensor as every route that answers with one shows it. */
export const SensorBody = Type.Object({
  id: Type.String({ description: 'device/sensor' }),
  device: Type.String(),
  sensor: Type.String(),
  unit: nullable(Type.String({ description: 'what its numbers are in' })),
  driver: nullable(
    Type.String({
      description: 'what reads it; `task NAME`: a task that is run by itself writes it, as often as it is run',
    }),
  ),
  fault: nullable(Type.String({ description: 'why it cannot be read now; null where its device is away' })),
  at: Type.Union([Time, Type.Null()], {
    description: 'of its newest reading; null before the first of one that is set up',
  }),
  value: Type.Unknown({ description: 'number, text or list of numbers' }),
  source: nullable(
    Type.Object(
      {
        ...sensorSettings,
        model: nullable(Type.String({ description: 'the active model, device/sensor@version' })),
        misfit: nullable(
          Type.String({
            description: 'why the model cannot tell the newest readings: it is of another view; train again',
          }),
        ),
        follows: nullable(
          Type.String({ description: 'the source whose states, threshold and model are those of this one too' }),
        ),
        createdAt: Time,
        state: CameraState,
      },
      { description: 'what has states: null until PATCH sets the sensor up' },
    ),
  ),
})

/** A sensor by what it reads; of one that was set up before its first reading nothing is known. */
export interface KnownSensor extends Pick<SensorRow, 'device' | 'name' | 'unit' | 'driver'> {
  last_at: number | null
  last_value_json: string | null
}

export interface SensorBodyPorts {
  database: StateDatabase
  sources: Sources
  /** Why a sensor cannot be read now, as its agent says; null where nothing hinders it, or its device is away. */
  faultOf(device: string, sensor: string): string | null
  /** Why a model that is whole does not fit the newest reading; null where it does. */
  misfitOf(model: string): string | null
  /** The state that is published of a source. */
  state(source: string): CameraState
}

interface Asked {
  device?: string | undefined
  /** The first that is asked for, in the order of device and name. */
  from?: { device: string; name: string } | undefined
  limit: number
}

/** Sensors that read something, and those that were set up, by device and name. */
export async function knownSensors({ read }: StateDatabase, { device, from, limit }: Asked): Promise<KnownSensor[]> {
  const { rows } = await sql<KnownSensor>`
    select * from (
      select device, name, unit, driver, last_at, last_value_json from sensors
      union all
      select c.device, c.name, null, null, null, null from cameras c
       where c.kind = 'sensor' and not exists (select 1 from sensors s where s.device = c.device and s.name = c.name))
     where ${device === undefined ? sql`true` : sql`device = ${device}`}
       and (device, name) >= (${from?.device ?? ''}, ${from?.name ?? ''})
     order by device, name limit ${limit}`.execute(read)
  return rows
}

/** The sensor of that name, or null where there is none. */
export async function knownSensor(database: StateDatabase, device: string, name: string): Promise<KnownSensor | null> {
  const [row] = await knownSensors(database, { device, from: { device, name }, limit: 1 })
  return row?.name === name ? row : null
}

export function shownSensor(
  row: KnownSensor,
  { sources, faultOf, misfitOf, state }: SensorBodyPorts,
): Static<typeof SensorBody> {
  const { device, name: sensor, unit, driver } = row
  const id = `${device}/${sensor}`
  const known = sources.find(id)
  return {
    ...{ id, device, sensor, unit, driver, fault: faultOf(device, sensor) },
    at: isoOrNull(row.last_at),
    value: row.last_value_json === null ? null : (JSON.parse(row.last_value_json) as unknown),
    source: known?.kind === 'sensor' ? shownSource(sources.judged(id), state(id), misfitOf) : null,
  }
}

function shownSource(source: Source, state: CameraState, misfitOf: SensorBodyPorts['misfitOf']) {
  const { states, threshold, debounce, staleAfterMs, vector, activeModel, follows, createdAt } = source
  const settings = { states, threshold, debounce, staleAfterMs, vector }
  const misfit = activeModel === null ? null : misfitOf(activeModel)
  return { ...settings, model: activeModel, misfit, follows, createdAt: iso(createdAt), state }
}
