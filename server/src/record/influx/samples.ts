import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Events } from '../../database/events.ts'
import type { DeviceRow, EventRow } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { isDiskTrouble } from '../../database/until-written.ts'
import type { Log } from '../../logging/levels.ts'
import { SparingLog } from '../../logging/sparing-log.ts'
import { devicePoint } from './device-points.ts'
import { addPoints } from './outbox.ts'
import type { Point } from './points.ts'
import { type Storage, type SystemFacts, storageFacts, systemPoint } from './system-points.ts'

const LOOK_MS = 1000
/** Looks from one sample to the next. */
const SYSTEM_EVERY = 15
const DEVICES_EVERY = 60
/** Half of what the outbox may hold: samples drive no result out of it. */
const MOST_WAITING = 500_000

export interface SamplesPorts {
  database: StateDatabase
  events: Pick<Events, 'subscribe'>
  /** Milliseconds UTC. */
  now(): number
  /** Those with a credential: their names are bounded, as those that strangers say are not. */
  devices(): Pick<DeviceRow, 'name' | 'connected' | 'status_json'>[]
  /** How many points wait for InfluxDB. */
  waiting(): Promise<number>
  /** Null before the first look at the disk. */
  storage(): Storage | null
  /** What else only others know of the server. */
  facts(): SystemFacts
  sparingLog: Pick<SparingLog, 'warn'>
}

/**
 * Points of what has no row of its own: the devices as they are, and the server. A sample that cannot be written is left
 * out, for the next one comes soon.
 */
export class Samples {
  readonly #ports: SamplesPorts
  /** Devices that came, went or said something since the last look. */
  readonly #changed = new Set<string>()
  #loopDelay: ReturnType<typeof monitorEventLoopDelay> | null = null
  #unsubscribe = () => {}
  #timer: NodeJS.Timeout | undefined
  #looks = 0
  #looking: Promise<void> | null = null

  constructor(ports: SamplesPorts) {
    this.#ports = ports
  }

  start() {
    this.#loopDelay = monitorEventLoopDelay({ resolution: 10 })
    this.#loopDelay.enable()
    this.#unsubscribe = this.#ports.events.subscribe((rows) => this.#hear(rows))
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref()
    void this.look()
  }

  /** Called every second; one that comes while the disk is still at the one before is left out. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async close() {
    clearInterval(this.#timer)
    this.#unsubscribe()
    this.#loopDelay?.disable()
    await this.#looking
  }

  #hear(rows: EventRow[]) {
    for (const { kind, data_json } of rows)
      if (kind === 'device') this.#changed.add((JSON.parse(data_json) as { device: string }).device)
  }

  async #look() {
    const { database, sparingLog, now } = this.#ports
    const looks = this.#looks++
    const changed = new Set(this.#changed)
    this.#changed.clear()
    const isDue = (every: number) => looks % every === 0
    if (changed.size === 0 && !isDue(SYSTEM_EVERY)) return
    try {
      const waiting = await this.#ports.waiting()
      const [at, devices] = [now(), this.#ports.devices()]
      const told = isDue(DEVICES_EVERY) ? devices : devices.filter(({ name }) => changed.has(name))
      const points = told.map((row) => devicePoint(row, at))
      if (isDue(SYSTEM_EVERY)) points.push(await this.#system(waiting, at))
      if (waiting < MOST_WAITING) await addPoints(database.write, points)
    } catch (err) {
      if (!isDiskTrouble(err))
        sparingLog.warn('sample', { err }, 'the state of devices and server could not be sampled')
    }
  }

  async #system(influx_outbox: number, at: number): Promise<Point> {
    const { database, devices, storage, facts } = this.#ports
    const { rss, heapUsed } = process.memoryUsage()
    const loop_delay_p99_ms = (this.#loopDelay?.percentile(99) ?? Number.NaN) / 1e6
    this.#loopDelay?.reset()
    const { jobs_waiting } = await database.read
      .selectFrom('jobs')
      .select(({ fn }) => fn.countAll<number>().as('jobs_waiting'))
      .where('state', '=', 'queued')
      .executeTakeFirstOrThrow()
    const devices_connected = devices().filter(({ connected }) => connected === 1).length
    const own = { influx_outbox, jobs_waiting, devices_connected, rss_bytes: rss, heap_bytes: heapUsed }
    return systemPoint({ ...facts(), ...storageFacts(storage()), ...own, loop_delay_p99_ms }, at)
  }
}

export interface SamplesParts extends Omit<SamplesPorts, 'now' | 'waiting' | 'sparingLog'> {
  /** What sends points to InfluxDB, where they go anywhere. */
  influx: Pick<SamplesPorts, 'waiting'> & { isOn: boolean }
  log: Pick<Log, 'warn'>
}

/** What samples devices and server, where points are wanted; it waits for `start`. */
export function openSamples({ influx, log, ...parts }: SamplesParts): Samples | null {
  if (!influx.isOn) return null
  const waiting = () => influx.waiting()
  return new Samples({ ...parts, now: () => Date.now(), waiting, sparingLog: new SparingLog(log) })
}
