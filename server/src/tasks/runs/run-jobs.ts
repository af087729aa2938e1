import type { TaskRunRow } from '../../database/schema-tasks.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { conflict, notFound } from '../../http/errors.ts'
import type { JobContext } from '../../jobs/handlers.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { BrokenTask, ExternalTask, Task } from '../task.ts'
import { askedOf, resolved } from './pictures-asked.ts'
import type { RunsLaboratory } from './runs-laboratory.ts'
import { keyOfRun, waitingRun } from './waiting-run.ts'

/** Runs that nobody called for. */
export interface AutomaticRuns {
  /** The run of a job that has none yet, written. @throws Error with a `code` where there is nothing to run */
  begin(context: JobContext): Promise<TaskRunRow>
  /** Called with what came of a run, perhaps more than once. @returns what the job's result says of it */
  end(context: JobContext, run: TaskRunRow, data: unknown): Promise<object>
}

export interface RunJobsPorts {
  database: StateDatabase
  catalog: Pick<Catalog, 'find'>
  laboratory(): RunsLaboratory
  /** @throws HttpError 400 `bad_params` */
  checkParams(task: Pick<Task, 'name' | 'schema' | 'pictures'>, params: Record<string, unknown>): Promise<void>
  automatic: AutomaticRuns
}

export const JOB_KIND = 'task'

/** The handler of jobs of kind `task`: has a worker run the task, and keeps what comes of it. How it fails stands in the job. */
export class RunJobs {
  readonly #ports: RunJobsPorts

  constructor(ports: RunJobsPorts) {
    this.#ports = ports
  }

  async run(context: JobContext): Promise<object> {
    const { automatic } = this.#ports
    const run = (await this.#row(context)) ?? (await this.#begun(context))
    if (!run) return { task: null } // it was removed
    const { task: name } = run
    // The server ended in the instant between the result and the end of its job.
    if (run.state === 'COMPLETED')
      return { task: name, ...(await automatic.end(context, run, await this.#dataOf(run))) }
    if (run.state === 'FAILED') throw Object.assign(new Error(run.message), { code: run.code ?? 'failed' })
    try {
      const [data = null] = (await this.#make(run, context)) ?? []
      return { task: name, ...(await automatic.end(context, run, data)) }
    } catch (error) {
      if ((error as { code?: unknown }).code === 'nobody_waits') return { task: null }
      throw error
    }
  }

  async #make(run: TaskRunRow, context: JobContext): Promise<unknown[] | null> {
    const { catalog, laboratory, checkParams } = this.#ports
    const { job, owner } = run
    const task = callable(run.task, await catalog.find(run.task))
    // As it is now: it may take something else than when it was asked for.
    const asked = await askedOf(laboratory(), owner, task, JSON.parse(run.params_json))
    await checkParams(task, asked.params)
    const files = await resolved(laboratory(), owner, task, asked.pictures)
    const { name, command, limits, view, untrusted, schema, pictures } = task
    const external: ExternalTask = { name, command, limits, view, untrusted, schema, pictures, params: asked.params }
    const made = await laboratory().make(waitingRun(job), { key: keyOfRun(job), name, external, files }, context)
    return made.data
  }

  #row({ id }: JobContext): Promise<TaskRunRow | undefined> {
    return this.#ports.database.write.selectFrom('task_runs').selectAll().where('job', '=', id).executeTakeFirst()
  }

  /** Of a job without a row: somebody removed the run, or nobody called for it. */
  async #begun(context: JobContext): Promise<TaskRunRow | null> {
    return context.params.called === true ? null : this.#ports.automatic.begin(context)
  }

  async #dataOf({ result }: TaskRunRow): Promise<unknown> {
    if (result === null) return null
    const row = await this.#ports.database.write
      .selectFrom('operation_results')
      .select('output_json')
      .where('id', '=', result)
      .executeTakeFirst()
    return row ? (JSON.parse(row.output_json).data?.[0] ?? null) : null
  }
}

/** @throws HttpError 404; 409 `task_broken` */
export function callable(name: string, found: Task | BrokenTask | undefined): Task {
  if (!found) throw notFound(`the task ${name}`)
  if ('error' in found) throw conflict('task_broken', `the task ${name} is broken: ${found.error}`)
  return found
}
