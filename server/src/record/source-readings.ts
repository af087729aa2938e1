import type { Kysely } from 'kysely'
import type { Classified } from '../classify/classifier.ts'
import type { Events } from '../database/events.ts'
import { numbersOf } from '../database/frames/vector-bytes.ts'
import type { StateTables } from '../database/schema.ts'
import { newestOf, type TellOptions, type Timed, tellReadings } from './tell-readings.ts'

/** Sensors whose event is remembered; forgotten ones go when they are an hour old. */
const MOST_TOLD = 10_000

interface SourceReadingsPorts {
  events: Events
  influx: boolean
  factsOf: TellOptions['factsOf']
}

/** What follows from readings of sensors with states, beside their results: as from any other reading. */
export class SourceReadings {
  readonly #ports: SourceReadingsPorts
  readonly #told = new Map<string, number>()

  constructor(ports: SourceReadingsPorts) {
    this.#ports = ports
  }

  /**
   * Writes it inside the recorder's transaction.
   * @param recorded what was recorded for the first time; frames among them, and what came with its label, tell nothing here
   * @returns called once it is committed
   */
  async tell(transaction: Kysely<StateTables>, recorded: Classified[]): Promise<() => void> {
    const readings = recorded.flatMap(readingOf)
    if (readings.length === 0) return () => {}
    const { events, influx, factsOf } = this.#ports
    const newestAt = await newestOf(transaction, readings)
    const rows = await tellReadings(transaction, readings, newestAt, { events, influx, factsOf, told: this.#told })
    return () => {
      if (this.#told.size > MOST_TOLD) this.#told.clear()
      for (const [sensor, { id }] of rows) this.#told.set(sensor, id)
      events.publish([...rows.values()])
    }
  }
}

function readingOf({ frame, answer, reading }: Classified): Timed[] {
  const numbers = reading ? numbersOf(reading) : null
  if (!numbers || answer.kind === 'refused' || (answer.kind === 'skipped' && answer.code === 'imported')) return []
  const [device = '', sensor = ''] = frame.camera.split('/')
  const value = numbers.length === 1 ? (numbers[0] as number) : numbers
  return [{ device, sensor, at: frame.capturedAt, value, valueJson: JSON.stringify(value) }]
}
