import { randomUUID } from 'node:crypto'
import type { TaskTriggerRow } from '../../database/schema-tasks.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { badRequest, conflict, notFound } from '../../http/errors.ts'
import type { Automatic } from '../runs/check-automatic.ts'

export interface TriggersPorts {
  database: StateDatabase
  /** The states that a camera can be in; null where there is no such camera. */
  statesOf(camera: string): readonly string[] | null
  /** @throws HttpError 400, 409 where the task cannot be run by itself that way */
  check(automatic: Automatic & { id?: string; camera: string }): Promise<unknown>
  /** Milliseconds UTC. */
  now(): number
}

/** What is said of a trigger when it is made. */
export interface NewTrigger extends Automatic {
  camera: string
  /** Those that the task is run on when the camera comes to them; none: any. */
  states: string[]
}

/** What may be changed of it; `readings` null: as a task's results are read where nothing is said. */
export type TriggerChange = Partial<Pick<NewTrigger, 'states' | 'params'>> & {
  readings?: Automatic['readings'] | null
  paused?: boolean
}

const MOST = 200
/** A camera is in it when nobody knows. */
const UNKNOWN = 'unknown'

/** Tasks that are run when a camera comes to some state: their rows. `TriggerFiring` asks for the jobs. */
export class Triggers {
  readonly #ports: TriggersPorts

  constructor(ports: TriggersPorts) {
    this.#ports = ports
  }

  /** The oldest first. */
  list(camera?: string): Promise<TaskTriggerRow[]> {
    return this.#ports.database.read
      .selectFrom('task_triggers')
      .selectAll()
      .$if(camera !== undefined, (query) => query.where('camera', '=', camera ?? ''))
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  }

  /** @throws HttpError 404 */
  async get(id: string): Promise<TaskTriggerRow> {
    const { read } = this.#ports.database
    const row = await read.selectFrom('task_triggers').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) throw notFound(`the task trigger ${id}`)
    return row
  }

  /** @throws HttpError 400 `unknown_state`, `no_such_task`, `bad_params`; 404; 409 `task_broken`, `sensor_taken`, `too_many_triggers` */
  async create({ camera, states, ...automatic }: NewTrigger, owner: string): Promise<TaskTriggerRow> {
    const { database, check, now } = this.#ports
    this.#checkStates(camera, states)
    await check({ ...automatic, camera })
    const row: TaskTriggerRow = {
      ...{ id: randomUUID(), camera, states_json: JSON.stringify(states), params_json: JSON.stringify(automatic) },
      ...{ owner, paused: 0, created_at: now(), last_job: null },
    }
    await database.write.transaction().execute(async (transaction) => {
      const { count } = await transaction
        .selectFrom('task_triggers')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      if (count >= MOST) throw conflict('too_many_triggers', `there are ${MOST} triggers already: delete one first`)
      await transaction.insertInto('task_triggers').values(row).execute()
    })
    return row
  }

  /** @throws HttpError as `create` does */
  async change(id: string, { states, params, readings, paused }: TriggerChange): Promise<TaskTriggerRow> {
    const { database, check } = this.#ports
    const before = await this.get(id)
    if (states !== undefined) this.#checkStates(before.camera, states)
    const { readings: readBefore, ...told } = JSON.parse(before.params_json) as Automatic
    const read = readings === undefined ? readBefore : (readings ?? undefined)
    const after = { ...told, ...(params && { params }), ...(read && { readings: read }) }
    // One whose task is broken can still be paused.
    if (params !== undefined || readings !== undefined) await check({ ...after, id, camera: before.camera })
    const row = await database.write
      .updateTable('task_triggers')
      .set({
        params_json: JSON.stringify(after),
        ...(states === undefined ? {} : { states_json: JSON.stringify(states) }),
        ...(paused === undefined ? {} : { paused: paused ? (1 as const) : (0 as const) }),
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    if (!row) throw notFound(`the task trigger ${id}`)
    return row
  }

  /** Jobs that it asked for already go on. @throws HttpError 404 */
  async remove(id: string) {
    const { write } = this.#ports.database
    const gone = await write.deleteFrom('task_triggers').where('id', '=', id).returning('id').execute()
    if (gone.length === 0) throw notFound(`the task trigger ${id}`)
  }

  #checkStates(camera: string, states: readonly string[]) {
    const known = this.#ports.statesOf(camera)
    if (!known) throw notFound(`the camera ${camera}`)
    const strange = states.find((state) => state !== UNKNOWN && !known.includes(state))
    if (strange === undefined) return
    const names = [...known, UNKNOWN].join(', ')
    throw badRequest('unknown_state', `${camera} has no state ${strange}, but ${names}`, 'states')
  }
}
