import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { ThreadClosedError } from '../database/thread-calls.ts'
import { isDiskTrouble } from '../database/until-written.ts'
import type { JudgedReading, Written } from '../ingest/value.ts'
import type { TellOptions } from './tell-readings.ts'
import { writeReadings } from './write-readings.ts'

export interface ReadingsPorts {
  database: StateDatabase
  events: Events
  /** Whether points go into the outbox of the InfluxDB sink. */
  influx: boolean
  factsOf: TellOptions['factsOf']
  /** Told why the disk refuses readings, and null when it takes them again. */
  onHeld(why: string | null): void
}

interface Waiting {
  reading: JudgedReading
  resolve(written: Written): void
  reject(error: Error): void
}

/** Readings of one transaction, and the characters of their values: outcomes of frames wait as long. */
const BATCH = 256
const BATCH_CHARACTERS = 1024 * 1024
const RETRY_MS = 500
/** Sensors whose event is remembered; forgotten ones go when they are an hour old. */
const MOST_TOLD = 10_000

/**
 * Stores readings of sensors without states: the row, what is known of the sensor, the event and the InfluxDB outbox row commit in one
 * transaction, all that waits at a time: one sync of the disk for many readings. Whoever sends waits for it, so what the
 * broker lets in bounds what waits here.
 */
export class Readings {
  readonly #ports: ReadingsPorts
  readonly #waiting: Waiting[] = []
  readonly #told = new Map<string, number>()
  #running = false
  #loop: Promise<void> = Promise.resolve()
  #held: string | null = null
  #closing = false

  constructor(ports: ReadingsPorts) {
    this.#ports = ports
  }

  /** Knows again what a release before stored that did not keep sensors. */
  async start() {
    await KNOW_SENSORS.execute(this.#ports.database.write)
  }

  /** Why the disk refuses readings right now, or null. */
  get held(): string | null {
    return this.#held
  }

  /**
   * Stores one reading; resolves when it is on the disk, or cannot be used; waits while the disk refuses. A reading sent
   * again with its time and value changes nothing; one without a time is another reading each time it comes.
   * @throws when the server closes before it is stored
   */
  record(reading: JudgedReading): Promise<Written> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ reading, resolve, reject })
      if (this.#running) return
      this.#running = true
      this.#loop = this.#run()
    })
  }

  async close() {
    this.#closing = true
    await this.#loop
  }

  /** What fails without the disk being at fault is tried one by one, so that it fails alone. */
  async #run() {
    let most = BATCH
    while (this.#waiting.length > 0) {
      const batch = this.#next(most)
      try {
        const written = await this.#commit(batch.map(({ reading }) => reading))
        this.#setHeld(null)
        this.#waiting.splice(0, batch.length)
        for (const [i, { resolve }] of batch.entries()) resolve(written[i] as Written)
        most = Math.min(2 * most, BATCH)
      } catch (error) {
        if (error instanceof ThreadClosedError) this.#giveUp(error)
        else if (isDiskTrouble(error)) {
          this.#setHeld((error as Error).message)
          if (this.#closing) this.#giveUp(error as Error)
          else await sleep(RETRY_MS)
        } else if (batch.length > 1) most = 1
        else this.#waiting.shift()?.reject(error as Error)
      }
    }
    this.#running = false // in the same turn as the last look: what comes next starts the loop again
  }

  #next(most: number): Waiting[] {
    let characters = 0
    let count = 0
    for (const { reading } of this.#waiting.slice(0, most)) {
      characters += reading.valueJson.length
      if (count > 0 && characters > BATCH_CHARACTERS) break
      count += 1
    }
    return this.#waiting.slice(0, count)
  }

  async #commit(readings: JudgedReading[]): Promise<Written[]> {
    const { database, events, influx, factsOf } = this.#ports
    const outcome = await database.write
      .transaction()
      .execute((transaction) => writeReadings(transaction, readings, { events, influx, factsOf, told: this.#told }))
    if (this.#told.size > MOST_TOLD) this.#told.clear()
    for (const [sensor, { id }] of outcome.events) this.#told.set(sensor, id)
    events.publish([...outcome.events.values()])
    return outcome.written
  }

  #giveUp(error: Error) {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  #setHeld(why: string | null) {
    const before = this.#held
    this.#held = why
    if ((why === null) !== (before === null)) this.#ports.onHeld(why)
  }
}

/**
 * Steps from sensor to sensor through the key of `readings`, of which there may be many millions, and writes what is not
 * known yet: nothing, where no other release wrote meanwhile.
 */
export const KNOW_SENSORS = sql`
  with recursive devices (device) as (
    select min(device) from readings
    union all
    select (select min(r.device) from readings r where r.device > devices.device) from devices
     where device is not null),
  found (device, sensor) as (
    select device, (select min(r.sensor) from readings r where r.device = devices.device) from devices
     where device is not null
    union all
    select device, (select min(r.sensor) from readings r where r.device = found.device and r.sensor > found.sensor)
      from found where sensor is not null),
  newest as (
    select f.device, f.sensor,
           (select max(at) from readings r where r.device = f.device and r.sensor = f.sensor) as last_at
      from found f where f.sensor is not null)
  insert into sensors (device, name, last_at, last_value_json)
    select s.device, s.sensor, s.last_at, r.value_json
      from newest s
      join readings r on r.device = s.device and r.sensor = s.sensor and r.at = s.last_at
      left join sensors k on k.device = s.device and k.name = s.sensor
     where k.last_at is null or k.last_at < s.last_at
    on conflict (device, name) do update
      set last_at = excluded.last_at, last_value_json = excluded.last_value_json`
