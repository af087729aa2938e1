import type { CameraState, Status } from '@ajar/protocol'
import type { DeviceRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { HealthCheck } from '../observe/health.ts'
import type { CameraFacts, DeviceFacts, ServerFacts } from './alert-kind.ts'

export interface SubjectsPorts {
  database: StateDatabase
  sources(): { id: string; states: readonly string[] }[]
  /** What is published of a camera. */
  state(camera: string): CameraState
  /** The server's time when the last of a camera's frames came in; null where none did. */
  receivedAt(camera: string): number | null
  devices(): Pick<DeviceRow, 'name' | 'connected' | 'disabled' | 'status_json'>[]
  /** Of the disk of the data folder; null while nobody has looked. */
  freeBytes(): number | null
  health(): HealthCheck[]
  /** The name that a camera has now which had this one. */
  nameNow(camera: string): string
}

/** What one look is done by. */
export interface Moment {
  /** Milliseconds UTC. */
  now: number
  /** Since when somebody looks, without a gap. */
  watchedSince: number
  settled: boolean
}

export const SERVER = 'server'

type Readings = Map<string, { value: unknown; at: number }>

/** Everything that rules look at, as it is at one moment. */
export class Subjects {
  readonly #ports: SubjectsPorts
  readonly #statuses = new Map<string, { json: string; status: Status }>()

  constructor(ports: SubjectsPorts) {
    this.#ports = ports
  }

  cameras({ now, watchedSince, settled }: Moment): Map<string, CameraFacts> {
    const { sources, state, receivedAt } = this.#ports
    return new Map(
      sources().map(({ id, states }) => {
        const seen = (receivedAt(id) ?? Number.NEGATIVE_INFINITY) > watchedSince
        return [id, { subject: id, now, settled, states, state: state(id), seen }]
      }),
    )
  }

  /** @param readings of the sensors that are asked for */
  devices({ now, settled }: Moment, readings: Readings): Map<string, DeviceFacts> {
    const rows = this.#ports.devices()
    for (const name of this.#statuses.keys()) if (!rows.some((row) => row.name === name)) this.#statuses.delete(name)
    return new Map(
      rows.map(({ name, connected, disabled, status_json }) => [
        name,
        {
          ...{ subject: name, now, settled, connected: connected === 1, disabled: disabled === 1 },
          status: this.#statusOf(name, status_json),
          reading: (sensor) => readings.get(`${name}/${sensor}`) ?? null,
        },
      ]),
    )
  }

  server({ now, settled }: Moment): Map<string, ServerFacts> {
    return new Map([
      [SERVER, { subject: SERVER, now, settled, freeBytes: this.#ports.freeBytes(), checks: this.#ports.health }],
    ])
  }

  /** The newest reading of each sensor of these names, by `device/sensor`. */
  async readings(sensors: string[]): Promise<Readings> {
    if (sensors.length === 0) return new Map()
    const rows = await this.#ports.database.read
      .selectFrom('sensors')
      .select(['device', 'name', 'last_at', 'last_value_json'])
      .where('name', 'in', sensors)
      .execute()
    return new Map(
      rows.map((row) => [`${row.device}/${row.name}`, { value: JSON.parse(row.last_value_json), at: row.last_at }]),
    )
  }

  /** Why a camera or a device is not looked at any more. */
  whyGone(subject: string): string {
    const now = subject.includes('/') ? this.#ports.nameNow(subject) : subject
    return now === subject ? `${subject} is no more: it was deleted` : `${subject} is called ${now} now`
  }

  /** A status is said every half minute, and looked at every second. */
  #statusOf(name: string, json: string | null): Status | null {
    if (json === null) return null
    const known = this.#statuses.get(name)
    if (known?.json === json) return known.status
    const status = JSON.parse(json) as Status
    this.#statuses.set(name, { json, status })
    return status
  }
}
