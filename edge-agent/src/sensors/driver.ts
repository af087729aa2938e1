import { NAME_PATTERN, type Reading } from '@ajar/protocol'
import { type Static, type TObject, Type } from 'typebox'
import { type Clock, type Instant, instantOf, systemClock } from '../clock.ts'
import { AgentError } from '../failure.ts'
import type { Log } from '../log.ts'

/** A file that does not answer (a disk of the network that is gone) is a fault after this long. */
const ANSWER_MS = 10_000

/** What a sensor said at one moment; the loop makes a reading of it. */
export interface Measurement {
  value: Reading['value']
  /** When it was so, by the agent's clocks (`instantOf`). */
  takenAt: Instant
  /** Whether it is news that came by itself, as a contact that opens: it goes last when the outbox is full. */
  isEdge: boolean
}

/** What a driver may use. */
export interface SensorContext {
  clock: Clock
  log: Log
  /** Aborts when the sensor shall stop; the driver's iteration then ends. */
  signal: AbortSignal
  /** The agent's data folder. */
  dataDir: string
}

/** The fields every sensor of the config file has; a driver's schema adds its own. */
export const sensorFields = {
  name: Type.String({
    pattern: NAME_PATTERN,
    examples: ['door-contact'],
    description: 'name of the sensor: the readings are `device/name/...`',
  }),
  intervalMs: Type.Integer({
    minimum: 100,
    maximum: 86_400_000,
    default: 60_000,
    description: 'time between two readings; a gpio line also tells each change at once',
  }),
}

/** One way to read a sensor. A new one is a file in `drivers/` and a line in `drivers.ts`. */
export interface SensorDriver<Schema extends TObject> {
  name: string
  /** What its numbers are in (`°C`, `%`, `dBm`), or null. */
  unit: string | null
  /** The sensor's entry in the config file. */
  config: Schema
  /** What the schema cannot say, in words that go on from `sensors/0`; empty where all is well. */
  check?(config: Static<Schema>): string[]
  /** Whether this machine has such a thing. A driver that says so runs by default, where it has and no sensors are configured. */
  isHere?(): Promise<boolean>
  /** Whether it tells so many readings, none of which matters by itself, that they are not worth a file each. */
  isStream?(config: Static<Schema>): boolean
  /** Measurements until `signal` aborts (the iteration ends) or one fails: then it throws, and is opened again later. */
  open(config: Static<Schema>, context: SensorContext): AsyncIterable<Measurement>
}

/** Checks a driver's parts against each other; returns it as it is. */
export function sensorDriver<Schema extends TObject>(parts: SensorDriver<Schema>): SensorDriver<Schema> {
  return parts
}

/** Reads now and every `intervalMs`; throws what `read` throws, and where it does not answer within 10 s. */
export async function* every(
  intervalMs: number,
  { clock, signal }: SensorContext,
  read: () => Promise<number>,
): AsyncIterable<Measurement> {
  while (!signal.aborted) {
    const takenAt = instantOf(clock)
    const value = await answered(read(), signal)
    if (value === null) return
    yield { value, takenAt, isEdge: false }
    await clock.sleep(Math.max(0, intervalMs - (clock.monotonic() - takenAt.monotonicMs)), signal)
  }
}

/**
 * What `reading` promises, or null when `signal` aborts; rejects with `sensor_silent` (environment) after 10 s: of real time,
 * since real files are read.
 */
async function answered(reading: Promise<number>, signal: AbortSignal): Promise<number | null> {
  const over = new AbortController()
  const silence = systemClock.sleep(ANSWER_MS, AbortSignal.any([signal, over.signal])).then(() => {
    if (signal.aborted) return null
    throw new AgentError('sensor_silent', 'environment', `no answer within ${ANSWER_MS / 1000} s`)
  })
  // It has lost the race where it throws; nobody else hears it.
  silence.catch(() => {})
  return await Promise.race([reading, silence]).finally(() => over.abort())
}
