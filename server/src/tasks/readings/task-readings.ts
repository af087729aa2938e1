import type { FrameId } from '../../database/frames/frame-store.ts'
import type { Ingested } from '../../ingest/medium.ts'
import type { IncomingReading } from '../../ingest/reading.ts'
import type { JobContext } from '../../jobs/handlers.ts'
import { type Numbers, numbersAt, numbersAtTop } from './numbers.ts'
import type { Writers } from './writers.ts'

export interface TaskReadingsPorts {
  /** Takes a reading in as one that a device sent: stored with all that follows from it, or refused for good. */
  take(reading: IncomingReading): Promise<Ingested<FrameId>>
  /** Keeps which task writes which sensor: what no agent sends would look as if it had ended. */
  writers: Pick<Writers, 'keep' | 'takenFrom'>
}

/** What a run says of the sensors of its camera's device. */
export interface Measured {
  /** `device/camera` */
  camera: string
  task: string
  /** When it was so: when the run's frame was captured; milliseconds UTC. */
  at: number
  /** `TaskParams.readings` */
  asked: Record<string, string> | undefined
  /** What the run came to: the first of an output's `data`. */
  data: unknown
}

/** What became of the numbers of a run. */
export interface Outcome {
  /** By sensor. */
  readings: Record<string, number>
  /** What was wanted and was not written, each with the reason. */
  unwritten: string[]
}

/**
 * Makes readings of what a task found out about a camera. Each has the time of the frame, by which it is known: done again,
 * it changes nothing.
 */
export class TaskReadings {
  readonly #ports: TaskReadingsPorts

  constructor(ports: TaskReadingsPorts) {
    this.#ports = ports
  }

  /**
   * @returns the readings that stand now, by sensor; and what was not written, why, and what to do
   * @throws where the server closes before they are stored: the job is done again then
   */
  async write(measured: Measured, { log }: Pick<JobContext, 'log'>): Promise<Outcome> {
    const { camera, task, at, data } = measured
    const { take, writers } = this.#ports
    const [device = ''] = camera.split('/')
    const { bySensor, flaws } = numbersOf(measured)
    const taken = await writers.takenFrom(task, device, [...bySensor.keys()])
    for (const [sensor, other] of taken)
      flaws.push(`${sensor} was not written: the task ${other} writes that sensor: give it another name with readings`)
    const outcomes = await Promise.all(
      [...bySensor.entries().filter(([sensor]) => !taken.has(sensor))].map(async ([sensor, value]) => {
        return { sensor, value, written: await take({ device, sensor, time: String(at), payload: { value } }) }
      }),
    )
    const stand = outcomes.filter(({ written }) => written.kind === 'stored' || written.kind === 'duplicate')
    await writers.keep(
      task,
      device,
      stand.map(({ sensor }) => sensor),
    )
    for (const { sensor, written } of outcomes)
      if (written.kind === 'refused')
        flaws.push(`${sensor} was not written: ${written.refusal.reason} (${written.refusal.code})`)
    for (const flaw of flaws) log('warn', flaw)
    const said = (which: string) =>
      stand.filter(({ written }) => written.kind === which).map(({ sensor, value }) => `${sensor} ${value}`)
    const time = new Date(at).toISOString()
    if (said('stored').length > 0) log('info', `readings of ${device} at ${time}: ${said('stored').join(', ')}`)
    if (said('duplicate').length > 0)
      log('info', `there already are the readings of ${device} at ${time}: ${said('duplicate').join(', ')}`)
    if (outcomes.length === 0 && flaws.length === 0) log('info', `no readings were written: ${whyNone(data)}`)
    return { readings: Object.fromEntries(stand.map(({ sensor, value }) => [sensor, value])), unwritten: flaws }
  }
}

function numbersOf({ camera, asked, data }: Measured): Numbers {
  const [, name = ''] = camera.split('/')
  const value = jsonOf(data)
  if (asked === undefined) return numbersAtTop(value, name)
  if (value !== undefined) return numbersAt(value, asked)
  return { bySensor: new Map(), flaws: Object.keys(asked).length === 0 ? [] : [`no readings: ${whyNone(data)}`] }
}

/** undefined where the result is no JSON. */
function jsonOf(data: unknown): unknown {
  const { kind, value } = (data ?? {}) as { kind?: unknown; value?: unknown }
  return kind === 'json' ? value : undefined
}

function whyNone(data: unknown): string {
  const { kind } = (data ?? {}) as { kind?: unknown }
  if (kind === 'json') return 'no number stands at the top of its result, and none was asked for'
  return `its result is ${kind ? `of kind ${kind}` : 'no JSON'}, and readings are taken from JSON`
}
