import type { StateDatabase } from '../../database/state-database.ts'
import { HttpError } from '../../http/errors.ts'
import type { Automatic } from '../runs/check-automatic.ts'

/** A schedule or a trigger that has a task run for a camera. */
export interface Writer extends Automatic {
  /** Of its row. */
  id: string
  /** `device/camera` */
  camera: string
}

/** What stands in `driver` of a sensor that a task writes. */
const DRIVER = 'task '

/** Who may write which sensors of a device: a sensor that two tasks write says now this and now that. */
export class Writers {
  readonly #database: StateDatabase

  constructor(database: StateDatabase) {
    this.#database = database
  }

  /**
   * Whether what is about to be made or changed would write a sensor that something else writes already: another task, or
   * the same one with other parameters. Of a task whose `readings` are not said, only what it wrote already is known; what
   * comes to light later is not written (`takenFrom`).
   * @param writer `id` of the row that it replaces; left out of a new one
   * @throws HttpError 409 `sensor_taken`
   */
  async check(writer: Omit<Writer, 'id'> & { id?: string | undefined }, field = ''): Promise<void> {
    const [device = ''] = writer.camera.split('/')
    const others = (await this.#of(device)).filter((other) => other.id !== writer.id && !isSame(other, writer))
    if (others.length === 0) return
    const named = Object.keys(writer.readings ?? {})
    for (const other of others) {
      const isBothUnsaid = !writer.readings && !other.readings
      if (isBothUnsaid && other.task === writer.task && other.camera === writer.camera)
        throw taken(
          `${writer.task} is run by itself for ${writer.camera} already, with other parameters, and writes the same sensors: ` +
            'say with readings which sensors this one writes',
          field,
        )
      const sensor = named.find((one) => other.readings && Object.hasOwn(other.readings, one))
      if (sensor !== undefined) throw taken(wordsOf(sensor, other), field)
    }
    for (const [sensor, task] of await this.#writtenBy(device, named)) {
      const other = others.find((one) => one.task === task && !one.readings)
      if (other && task !== writer.task) throw taken(wordsOf(sensor, other), field)
    }
  }

  /**
   * Of these sensors those that another task writes, which is still run by itself for the device.
   * @returns the name of that task by sensor
   */
  async takenFrom(task: string, device: string, sensors: readonly string[]): Promise<Map<string, string>> {
    const written = [...(await this.#writtenBy(device, sensors))].filter(([, other]) => other !== task)
    if (written.length === 0) return new Map()
    const writers = await this.#of(device)
    return new Map(
      written.filter(([sensor, other]) =>
        writers.some((one) => one.task === other && (!one.readings || Object.hasOwn(one.readings, sensor))),
      ),
    )
  }

  /** Keeps which task writes these sensors. What its agent reads stays the agent's, which says so with each status. */
  async keep(task: string, device: string, sensors: readonly string[]): Promise<void> {
    if (sensors.length === 0) return
    const driver = `${DRIVER}${task}`
    await this.#database.write
      .updateTable('sensors')
      .set({ driver })
      .where('device', '=', device)
      .where('name', 'in', sensors)
      .where(({ or, eb }) => or([eb('driver', 'is', null), eb('driver', 'like', `${DRIVER}%`)]))
      .where('driver', 'is not', driver)
      .execute()
  }

  /** What is run by itself for cameras of a device; one that is paused may go on. */
  async #of(device: string): Promise<Writer[]> {
    const { write } = this.#database
    const schedules = await write
      .selectFrom('schedules')
      .select(['id', 'camera', 'params_json'])
      .where('kind', '=', 'task')
      .where('camera', 'like', `${device}/%`)
      .execute()
    const triggers = await write
      .selectFrom('task_triggers')
      .select(['id', 'camera', 'params_json'])
      .where('camera', 'like', `${device}/%`)
      .execute()
    return [...schedules, ...triggers].map(({ id, camera, params_json }) => ({
      ...(JSON.parse(params_json) as Automatic),
      ...{ id, camera: camera ?? '' },
    }))
  }

  /** The task that wrote each of these sensors, where one did. */
  async #writtenBy(device: string, sensors: readonly string[]): Promise<Map<string, string>> {
    if (sensors.length === 0) return new Map()
    const rows = await this.#database.write
      .selectFrom('sensors')
      .select(['name', 'driver'])
      .where('device', '=', device)
      .where('name', 'in', sensors)
      .execute()
    return new Map(
      rows.flatMap(({ name, driver }) => (driver?.startsWith(DRIVER) ? [[name, driver.slice(DRIVER.length)]] : [])),
    )
  }
}

/** The same measure of the same camera, as each night and on a transition. */
function isSame(one: Omit<Writer, 'id'>, other: Omit<Writer, 'id'>): boolean {
  const key = ({ camera, task, params = {} }: Omit<Writer, 'id'>) => JSON.stringify([camera, task, sorted(params)])
  return key(one) === key(other)
}

const sorted = (params: Record<string, unknown>) => Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))

const wordsOf = (sensor: string, { task, camera }: Writer) =>
  `the sensor ${sensor} is written by ${task}, which is run by itself for ${camera}: give this one another name with readings`

const taken = (message: string, field: string) => new HttpError(409, 'sensor_taken', message, `${field}readings`)
