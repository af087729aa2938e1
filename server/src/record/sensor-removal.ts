import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { HttpError, notFound } from '../http/errors.ts'
import type { Log } from '../logging/levels.ts'

export interface SensorRemovalPorts {
  database: StateDatabase
  events: Events
  log: Pick<Log, 'info' | 'warn'>
}

/** Readings in one transaction: the recording of others waits as long. */
const SLICE = 500

/**
 * Removes sensors with all that they read, one after the other. Readings go in slices, the oldest first, and the sensor
 * itself with the last of them: where the server ends in between, it is there with what is left, to be removed again.
 */
export class SensorRemoval {
  readonly #ports: SensorRemovalPorts
  /** Those that run or wait, by `device/sensor`: of each sensor one, and there are only so many sensors. */
  readonly #removals = new Map<string, Promise<void>>()
  #last: Promise<unknown> = Promise.resolve()
  #isClosing = false

  constructor(ports: SensorRemovalPorts) {
    this.#ports = ports
  }

  /**
   * Resolves when it is gone. Whoever stops waiting stops nothing.
   * @throws HttpError 404 where there is no such sensor, 503 `closing`; and where the disk refuses
   */
  async remove(device: string, sensor: string, author: string): Promise<void> {
    const id = `${device}/${sensor}`
    if (!(await this.#isKnown(device, sensor))) throw notFound(`the sensor ${id}`)
    const running = this.#removals.get(id)
    if (running) return running
    const removal = this.#last.then(() => this.#remove(device, sensor, author))
    this.#removals.set(id, removal)
    this.#last = removal
      .catch((err) => this.#isClosing || this.#ports.log.warn({ err, device, sensor }, 'a sensor could not be removed'))
      .finally(() => this.#removals.delete(id))
    return removal
  }

  /** Waits for the slice that is being written; the rest stays. */
  async close() {
    this.#isClosing = true
    await this.#last
  }

  async #isKnown(device: string, sensor: string): Promise<boolean> {
    const { read } = this.#ports.database
    const found = read.selectFrom('sensors').select('name').where('device', '=', device).where('name', '=', sensor)
    return (await found.executeTakeFirst()) !== undefined
  }

  async #remove(device: string, sensor: string, author: string) {
    let readings = 0
    for (;;) {
      if (this.#isClosing) throw new HttpError(503, 'closing', 'the server closes: remove the sensor again later')
      const slice = await this.#removeSlice(device, sensor)
      readings += slice
      if (slice < SLICE) break
    }
    this.#ports.log.info({ by: author, device, sensor, readings }, 'sensor removed')
  }

  /** @returns how many readings went; where fewer than a slice did, the sensor went too */
  async #removeSlice(device: string, sensor: string): Promise<number> {
    const { database, events } = this.#ports
    const { going, told } = await database.write.transaction().execute(async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('readings')
        .where('device', '=', device)
        .where('sensor', '=', sensor)
        .where('at', 'in', ({ selectFrom }) =>
          selectFrom('readings')
            .select('at')
            .where('device', '=', device)
            .where('sensor', '=', sensor)
            .orderBy('at')
            .limit(SLICE),
        )
        .executeTakeFirstOrThrow()
      const going = Number(numDeletedRows)
      if (going === SLICE) return { going, told: [] }
      await transaction.deleteFrom('sensors').where('device', '=', device).where('name', '=', sensor).execute()
      const data = { device, sensor, change: 'removed' }
      return { going, told: await events.append(transaction, [{ kind: 'sensor', data }]) }
    })
    events.publish(told)
    return going
  }
}
