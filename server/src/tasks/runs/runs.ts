import { sql } from 'kysely'
import type { JobRow } from '../../database/schema.ts'
import type { TaskRunRow } from '../../database/schema-tasks.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Caller } from '../../http/access.ts'
import { badRequest, HttpError, notFound } from '../../http/errors.ts'
import type { Jobs } from '../../jobs/jobs.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { askedOf, resolved } from './pictures-asked.ts'
import { type RunFacts, shownRun } from './run-body.ts'
import { callable, JOB_KIND, type RunJobsPorts } from './run-jobs.ts'

export interface RunsPorts extends Pick<RunJobsPorts, 'laboratory' | 'checkParams'> {
  database: StateDatabase
  catalog: Pick<Catalog, 'find'>
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'refusalFor'>
}

/** Which runs a list shows. */
export interface RunFilter {
  task?: string | undefined
  camera?: string | undefined
  /** Those that come after this one. */
  after?: { createdAt: number; job: string } | undefined
  limit: number
}

/** Of one run, as JSON. */
const MOST_PARAMS_BYTES = 1024 * 1024
/** Longer parameters, and a longer result, are left out where many are shown. */
const MOST_LISTED_BYTES = 16 * 1024
/** A run in a list: where its parameters were too long for that it has none. */
export interface ListedRun extends TaskRunRow {
  is_params_left_out: number
}

/** Of one run: a task makes one thing, with few files. */
const MOST_FILES = 1000

/** Calls of tasks: asked for, shown, cancelled, removed. */
export class Runs {
  readonly #ports: RunsPorts

  constructor(ports: RunsPorts) {
    this.#ports = ports
  }

  /**
   * Asks for a run.
   * @param given what the task is told, as it was sent
   * @returns its job
   * @throws HttpError 400 `bad_params`, 404, 409 `task_broken`, 429 `too_many_waiting`, 503 `queue_full`, `busy`, 507 `no_room`
   */
  async create({ account, name }: Caller, taskName: string, given: Record<string, unknown>): Promise<JobRow> {
    const { database, catalog, jobs, laboratory, checkParams } = this.#ports
    const task = callable(taskName, await catalog.find(taskName))
    const { params, pictures } = await askedOf(laboratory(), account, task, given)
    await checkParams(task, params)
    await resolved(laboratory(), account, task, pictures) // asked again when it begins
    const isList = new Set(task.pictures.filter((one) => one.isList).map((one) => one.name))
    const entries = Object.entries(pictures).map(([field, all]) => [field, isList.has(field) ? all : all[0]])
    const paramsJson = JSON.stringify({ ...params, ...Object.fromEntries(entries) })
    if (Buffer.byteLength(paramsJson) > MOST_PARAMS_BYTES)
      throw badRequest('bad_params', `all parameters together may have ${MOST_PARAMS_BYTES} bytes as JSON`, 'params')
    await laboratory().requireRoom()
    const job = await database.write.transaction().execute(async (transaction) => {
      const refusal = await jobs().refusalFor(transaction, account)
      if (refusal) throw refusal
      const row = await jobs().add(
        transaction,
        JOB_KIND,
        null,
        { task: task.name, called: true, account },
        { owner: name },
      )
      const run: TaskRunRow = {
        ...{ job: row.id, task: task.name, owner: account, camera: null, params_json: paramsJson },
        ...{ state: null, code: null, message: '', result: null, created_at: row.created_at, finished_at: null },
      }
      await transaction.insertInto('task_runs').values(run).execute()
      return row
    })
    jobs().wake()
    return job
  }

  /** One that the caller may see: his own, or one that nobody called for. @throws HttpError 404 */
  async get(caller: Caller, job: string): Promise<TaskRunRow> {
    const row = await this.#ports.database.write
      .selectFrom('task_runs')
      .selectAll()
      .where('job', '=', job)
      .executeTakeFirst()
    const isSeen = row && (row.owner === caller.account || row.camera !== null || caller.role === 'admin')
    if (!isSeen) throw notFound(`the run ${job}`)
    return row
  }

  /** The newest first, without parameters that are long. */
  async list(caller: Caller, { task, camera, after, limit }: RunFilter): Promise<ListedRun[]> {
    const isLong = sql<number>`octet_length(params_json) > ${MOST_LISTED_BYTES}`
    return this.#ports.database.read
      .selectFrom('task_runs')
      .select(['job', 'task', 'owner', 'camera', 'state', 'code', 'message', 'result', 'created_at', 'finished_at'])
      .select([sql<string>`iif(${isLong}, '{}', params_json)`.as('params_json'), isLong.as('is_params_left_out')])
      .$if(caller.role !== 'admin', (query) =>
        query.where(({ or, eb }) => or([eb('owner', '=', caller.account), eb('camera', 'is not', null)])),
      )
      .$if(task !== undefined, (query) => query.where('task', '=', task ?? ''))
      .$if(camera !== undefined, (query) => query.where('camera', '=', camera ?? ''))
      .$if(after !== undefined, (query) =>
        query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'job'), '<', tuple(after?.createdAt ?? 0, after?.job ?? '')),
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('job', 'desc')
      .limit(limit)
      .execute()
  }

  /** As they are shown. @param base protocol and host before signed addresses @param isList whether long results are left out */
  async body(rows: readonly (TaskRunRow | ListedRun)[], base: string, isList = false) {
    if (rows.length === 0) return []
    const { write } = this.#ports.database
    const ids = rows.map(({ job }) => job)
    const jobs = await write
      .selectFrom('jobs')
      .select(['id', 'state', 'error_json', 'result_json'])
      .where('id', 'in', ids)
      .execute()
    const byId = new Map(jobs.map((job) => [job.id, job]))
    const results = await this.#results(
      rows.flatMap(({ result }) => result ?? []),
      base,
      isList ? MOST_LISTED_BYTES : Number.MAX_SAFE_INTEGER,
    )
    return rows.map((row) => {
      const { data = null, files = [] } = (row.result === null ? undefined : results.get(row.result)) ?? {}
      return shownRun(row, { job: byId.get(row.job), data, files })
    })
  }

  /**
   * Ends a run that waits or runs; one that has ended goes, with what came of it.
   * @returns its row; null where it is gone
   * @throws HttpError 403 where nobody called for it and the caller may not end that
   */
  async remove(caller: Caller, row: TaskRunRow): Promise<TaskRunRow | null> {
    const { database, jobs, laboratory } = this.#ports
    if (row.owner !== caller.account && caller.role !== 'admin' && caller.role !== 'operator')
      throw new HttpError(403, 'forbidden', 'nobody called for this run: an operator may end or remove it')
    const isEnded = row.state !== null || (await this.#isOver(row.job))
    if (!isEnded) {
      const isCancelled = await jobs()
        .cancel(row.job)
        .then(() => true)
        .catch(orEnded)
      if (isCancelled) return this.get(caller, row.job)
    }
    const gone = await database.write
      .deleteFrom('task_runs')
      .where('job', '=', row.job)
      .returning('result')
      .executeTakeFirst()
    if (gone?.result != null) await laboratory().drop(gone.result)
    return null
  }

  async #isOver(job: string): Promise<boolean> {
    const row = await this.#ports.database.write
      .selectFrom('jobs')
      .select('state')
      .where('id', '=', job)
      .executeTakeFirst()
    return row === undefined || !['queued', 'running'].includes(row.state)
  }

  /** What results say and the files that they have, by their number. */
  async #results(ids: number[], base: string, mostBytes: number): Promise<Map<number, Omit<RunFacts, 'job'>>> {
    if (ids.length === 0) return new Map()
    const { write } = this.#ports.database
    const rows = await write
      .selectFrom('operation_results')
      .select(['id', saidWithin(mostBytes).as('said')])
      .where('id', 'in', ids)
      .execute()
    const files = await write
      .selectFrom('laboratory_files')
      .selectAll()
      .where('result', 'in', ids)
      .orderBy('basename')
      .limit(MOST_FILES)
      .execute()
    const byResult = Map.groupBy(files, ({ result }) => result)
    const { urlsOf } = this.#ports.laboratory()
    return new Map(
      rows.map(({ id, said }) => [
        id,
        {
          data: (said === null ? null : JSON.parse(said).data?.[0]) ?? null,
          files: (byResult.get(id) ?? []).map((file) => ({
            ...{ basename: file.basename, type: file.type },
            ...urlsOf(file, base),
          })),
        },
      ]),
    )
  }
}

/** What a result says, where that is not too long. */
function saidWithin(bytes: number) {
  return sql<string | null>`iif(octet_length(output_json) > ${bytes}, null, output_json)`
}

/** The job ended in this instant, or went long ago. */
function orEnded(error: unknown): boolean {
  if (['job_ended', 'not_found'].includes((error as { code?: string }).code ?? '')) return false
  throw error
}
