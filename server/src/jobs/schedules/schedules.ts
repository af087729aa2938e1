import { randomUUID } from 'node:crypto'
import { Value } from 'typebox/value'
import type { ScheduleRow } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { badRequest, conflict, notFound } from '../../http/errors.ts'
import type { JobKind } from '../kinds.ts'
import { checkTimes, nextRun, type Times } from './cron.ts'

export interface SchedulesPorts {
  database: StateDatabase
  kinds: readonly JobKind[]
  /** @throws HttpError 404 where there is no such camera */
  requireCamera(id: string): void
  /**
   * What only those know who do jobs of that kind.
   * @param params as the kind declares them
   * @param of its camera, and its id where it is there already
   * @throws HttpError where such a job could not be done, with the field
   */
  check?:
    | ((kind: string, params: Record<string, unknown>, of: { id?: string; camera: string }) => Promise<void>)
    | undefined
  /** Milliseconds UTC. */
  now(): number
  /** Told when something fires at another time than before. */
  onChanged(): void
}

/** What is said of a schedule when it is made. */
export interface NewSchedule extends Times {
  kind: string
  camera: string
  params: Record<string, unknown>
}

/** What may be changed of it. */
export type ScheduleChange = Partial<Times & { params: Record<string, unknown>; paused: boolean }>

const MOST = 200

/** Jobs that are asked for again and again: their rows. `Firing` asks for the jobs. */
export class Schedules {
  readonly #ports: SchedulesPorts

  constructor(ports: SchedulesPorts) {
    this.#ports = ports
  }

  /** The oldest first. */
  list(camera?: string): Promise<ScheduleRow[]> {
    return this.#ports.database.read
      .selectFrom('schedules')
      .selectAll()
      .$if(camera !== undefined, (query) => query.where('camera', '=', camera ?? null))
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  }

  /** @throws HttpError 404 */
  async get(id: string): Promise<ScheduleRow> {
    const { read } = this.#ports.database
    const row = await read.selectFrom('schedules').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) throw notFound(`the schedule ${id}`)
    return row
  }

  /**
   * @throws HttpError 400 `unknown_kind`, `not_schedulable`, `bad_params`, `bad_cron`, `bad_timezone`, `too_often`, `never`;
   *   404; 409 `too_many_schedules`; and what `check` throws
   */
  async create({ kind, camera, params, cron, timezone }: NewSchedule, owner: string): Promise<ScheduleRow> {
    const { database, requireCamera, now, onChanged } = this.#ports
    const times = { cron: oneSpaced(cron), timezone }
    requireCamera(camera)
    await this.#checkParams(kind, params, { camera })
    checkTimes(times, now())
    const row: ScheduleRow = {
      ...{ id: randomUUID(), kind, camera, params_json: JSON.stringify(params), ...times, owner, paused: 0 },
      ...{ created_at: now(), next_at: nextRun(times, now()), last_job: null },
    }
    await database.write.transaction().execute(async (transaction) => {
      const { count } = await transaction
        .selectFrom('schedules')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      if (count >= MOST) throw conflict('too_many_schedules', `there are ${MOST} schedules already: delete one first`)
      await transaction.insertInto('schedules').values(row).execute()
    })
    onChanged()
    return row
  }

  /** @throws HttpError as `create` does; 404 */
  async change(id: string, { params, paused, ...times }: ScheduleChange): Promise<ScheduleRow> {
    const { database, now, onChanged } = this.#ports
    const before = await this.get(id)
    if (params !== undefined) await this.#checkParams(before.kind, params, { id, camera: before.camera ?? '' })
    const wanted = {
      cron: times.cron === undefined ? before.cron : oneSpaced(times.cron),
      timezone: times.timezone ?? before.timezone,
    }
    const isPaused = paused ?? before.paused === 1
    // One that cannot go on any more can still be paused.
    if (!isPaused || times.cron !== undefined || times.timezone !== undefined) checkTimes(wanted, now())
    const isSame = wanted.cron === before.cron && wanted.timezone === before.timezone
    // What it missed while it was paused is not done later.
    const nextAt = isPaused ? null : isSame && before.paused === 0 ? undefined : nextRun(wanted, now())
    const row = await database.write
      .updateTable('schedules')
      .set({
        ...wanted,
        paused: isPaused ? 1 : 0,
        ...(params === undefined ? {} : { params_json: JSON.stringify(params) }),
        ...(nextAt === undefined ? {} : { next_at: nextAt }),
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    if (!row) throw notFound(`the schedule ${id}`)
    onChanged()
    return row
  }

  /** Jobs that it asked for already go on. @throws HttpError 404 */
  async remove(id: string) {
    const { database } = this.#ports
    const gone = await database.write.deleteFrom('schedules').where('id', '=', id).returning('id').execute()
    if (gone.length === 0) throw notFound(`the schedule ${id}`)
  }

  async #checkParams(name: string, params: Record<string, unknown>, of: { id?: string; camera: string }) {
    const kind = this.#ports.kinds.find((one) => one.name === name)
    const able = this.#ports.kinds.filter(({ scheduled }) => scheduled !== null).map((one) => one.name)
    if (!kind) throw badRequest('unknown_kind', `there are no jobs of kind ${name}, but ${able.join(', ')}`, 'kind')
    if (!kind.scheduled)
      throw badRequest(
        'not_schedulable',
        `a ${kind.title} is done once, when asked for: ${able.join(', ')} may be`,
        'kind',
      )
    const [flaw] = Value.Errors(kind.scheduled, params)
    if (!flaw) return this.#ports.check?.(name, params, of)
    const field = ['params', ...flaw.instancePath.split('/').slice(1)].join('.')
    throw badRequest('bad_params', `the ${kind.title} takes no such params: ${field} ${flaw.message}`, field)
  }
}

function oneSpaced(cron: string): string {
  return cron.trim().split(/\s+/).join(' ')
}
