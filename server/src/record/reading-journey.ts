import { isName, topics } from '@ajar/protocol'
import type { Log } from '../logging/levels.ts'
import type { SparingLog } from '../logging/sparing-log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { IncomingReading, ReadingFlaw } from './judge-reading.ts'
import { Readings, type ReadingsPorts } from './readings.ts'
import { SensorRemoval } from './sensor-removal.ts'
import type { Written } from './write-readings.ts'

export interface ReadingJourneyPorts extends Omit<ReadingsPorts, 'now' | 'onHeld'> {
  metrics: Pick<Metrics, 'readingsIngested' | 'readingsRefused'>
  log: Pick<Log, 'info' | 'warn' | 'error'>
  sparingLog: SparingLog
  /** Not retained. */
  publish(topic: string, payload: object): Promise<void>
}

/** A name that somebody made up may be as long as a topic. */
const SHOWN_CHARACTERS = 64

/** The journey of a reading inside the server: judged, stored with all that follows, and then counted and told. */
export class ReadingJourney {
  readonly #ports: ReadingJourneyPorts
  readonly #readings: Readings
  readonly #removal: SensorRemoval

  constructor(ports: ReadingJourneyPorts) {
    this.#ports = ports
    const { log } = ports
    this.#removal = new SensorRemoval(ports)
    this.#readings = new Readings({
      ...ports,
      now: () => Date.now(),
      onHeld: (why) =>
        why
          ? log.error({ why }, 'state.db takes no readings; trying again')
          : log.info('state.db takes readings again'),
    })
  }

  start(): Promise<void> {
    return this.#readings.start()
  }

  async close(): Promise<void> {
    await Promise.all([this.#removal.close(), this.#readings.close()])
  }

  /** Removes a sensor with all that it read, see `SensorRemoval`. */
  removeSensor(device: string, sensor: string, author: string): Promise<void> {
    return this.#removal.remove(device, sensor, author)
  }

  /** Why the disk refuses readings right now, or null. */
  get held(): string | null {
    return this.#readings.held
  }

  /**
   * Takes a reading in: it is durable, or refused for good and told so, when the promise resolves (guarantees 1 and 6).
   * @returns what became of it
   * @throws when the server closes before it is stored
   */
  async take(reading: IncomingReading): Promise<Written> {
    const written = await this.#readings.record(reading)
    const outcome = typeof written === 'string' ? written : 'refused'
    this.#ports.metrics.readingsIngested.inc({ outcome })
    if (typeof written !== 'string') this.#reportRefusal(reading, written)
    return written
  }

  #reportRefusal({ device, sensor, time }: IncomingReading, { code, reason }: ReadingFlaw) {
    const { metrics, sparingLog, publish } = this.#ports
    const reading = [device, sensor, time].flatMap((part) => part?.slice(0, SHOWN_CHARACTERS) ?? []).join('/')
    metrics.readingsRefused.inc({ code })
    sparingLog.warn(`reading ${code}`, { reading, code, reason }, 'reading refused')
    // The broker may close before the last of them: it is logged and counted all the same.
    if (isName(device)) publish(topics.rejected(device), { reading, code, reason }).catch(() => {})
  }
}
