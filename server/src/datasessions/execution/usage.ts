import type { StateDatabase } from '../../database/state-database.ts'
import type { HealthCheck } from '../../observe/health.ts'
import type { LaboratoryBytes, Room } from './room.ts'

export interface UsagePorts {
  database: StateDatabase
  room: Pick<Room, 'bytes' | 'left'>
}

/** The laboratory's share of its room from which on it is said that it is nearly full. */
const NEARLY_FULL = 0.9
const MEASURE_MS = 60_000

/** How full the laboratory is: measured when it is asked for, and now and then for those who cannot wait. */
export class Usage {
  readonly #ports: UsagePorts
  #timer: NodeJS.Timeout | undefined
  #measuring: Promise<unknown> = Promise.resolve()
  #last: LaboratoryBytes | null = null
  #isClosing = false

  constructor(ports: UsagePorts) {
    this.#ports = ports
  }

  start() {
    // Where the disk refuses, the last measure stands; the disk has alarms of its own.
    this.#measuring = this.measure().catch(() => {})
    if (this.#isClosing) return
    this.#timer = setTimeout(() => void this.#measuring.then(() => this.start()), MEASURE_MS).unref()
  }

  async close() {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#measuring
  }

  /** As it was a minute ago at most; null before the first look. */
  get last(): LaboratoryBytes | null {
    return this.#last
  }

  async measure(): Promise<LaboratoryBytes & { disk: number }> {
    const bytes = await this.#ports.room.bytes()
    this.#last = bytes
    return { ...bytes, disk: (await this.#ports.room.left()).disk }
  }

  async counts() {
    const { read } = this.#ports.database
    const countOf = async (table: 'data_sessions' | 'operations' | 'operation_results') =>
      (
        await read
          .selectFrom(table)
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
      ).count
    const { uploads } = await read
      .selectFrom('laboratory_files')
      .select(({ fn }) => fn.countAll<number>().as('uploads'))
      .where('result', 'is', null)
      .executeTakeFirstOrThrow()
    const jobs = await read
      .selectFrom('jobs')
      .select(['state', ({ fn }) => fn.countAll<number>().as('count')])
      .where('kind', '=', 'operation')
      .where('state', 'in', ['queued', 'running'])
      .groupBy('state')
      .execute()
    const inState = (state: 'queued' | 'running') => jobs.find((row) => row.state === state)?.count ?? 0
    return {
      ...{ sessions: await countOf('data_sessions'), operations: await countOf('operations') },
      ...{ waiting: inState('queued'), running: inState('running') },
      ...{ results: await countOf('operation_results'), uploads },
    }
  }

  /** Empty while there is room: most have no laboratory to speak of. */
  get health(): HealthCheck[] {
    if (!this.#last) return []
    const { uploads, results, unshown, most } = this.#last
    const taken = uploads + results - unshown
    if (taken < NEARLY_FULL * most) return []
    const text =
      `uploads and results of the laboratory take ${inMB(taken)} of ${inMB(most)} MB: delete data sessions, operations or ` +
      'uploads that nobody needs, or set AJAR_LABORATORY_BYTES higher; operations and uploads are refused when it is full'
    return [{ name: 'laboratory', level: 'warn', text }]
  }
}

function inMB(bytes: number): number {
  return Math.round(bytes / 1e6)
}
