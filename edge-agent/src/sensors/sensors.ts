import type { SensorStatus } from '@ajar/protocol'
import { type SensorConfig, sensorDrivers } from './drivers.ts'
import { SensorLoop, type SensorParts } from './loop.ts'

const DEFAULT_INTERVAL_MS = 60_000

export interface SensorsParts extends Omit<SensorParts, 'sensor'> {
  /** Null: those of the system that this machine has. */
  sensors: SensorConfig[] | null
}

/** All sensors of the agent, each with a loop of its own, so that the fault of one hurts no other. */
export class Sensors {
  readonly #parts: SensorsParts
  #loops: SensorLoop[] = []

  constructor(parts: SensorsParts) {
    this.#parts = parts
  }

  /** By name, as the agent's status tells of them. */
  get status(): Record<string, SensorStatus> {
    return Object.fromEntries(this.#loops.map(({ name, status }) => [name, status]))
  }

  async start(): Promise<void> {
    const sensors = this.#parts.sensors ?? (await this.#thoseHere())
    this.#loops = sensors.map((sensor) => new SensorLoop({ ...this.#parts, sensor }))
    for (const loop of this.#loops) loop.start()
  }

  async close(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.close()))
  }

  /** What the system tells of itself on any machine, where it does. */
  async #thoseHere(): Promise<SensorConfig[]> {
    const here: SensorConfig[] = []
    const lacking: string[] = []
    for (const { name, isHere } of sensorDrivers) {
      if (!isHere) continue
      if (!(await isHere())) lacking.push(name)
      else here.push({ name, driver: name, intervalMs: DEFAULT_INTERVAL_MS } as SensorConfig)
    }
    if (lacking.length > 0) this.#parts.log.info(`this machine has no ${lacking.join(' and no ')}: not read`)
    return here
  }
}
