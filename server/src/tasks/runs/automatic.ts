import { cameraId, parseFrameId } from '@ajar/protocol'
import type { TaskRunRow } from '../../database/schema-tasks.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { HttpError } from '../../http/errors.ts'
import type { JobContext } from '../../jobs/handlers.ts'
import type { TaskReadings } from '../readings/task-readings.ts'
import { type Automatic, type CheckAutomaticPorts, cameraPicture, checkAutomatic } from './check-automatic.ts'

export interface AutomaticRunsPorts extends CheckAutomaticPorts {
  database: StateDatabase
  readings: TaskReadings
  /** The id of a camera's newest frame whose picture is there; null where there is none. */
  newestFrame(camera: string): Promise<string | null>
  /** Milliseconds UTC. */
  now(): number
}

/** What a job is told that a schedule or a trigger asked for. */
export interface AutomaticJob extends Automatic {
  /** The frame of the transition, by its id; left out: the camera's newest one. */
  frame?: string
  /** The trigger that asked for it. */
  trigger?: string
}

/** A run that cannot begin: its job fails with that, and what asked for it stays as it is. */
class CannotRun extends Error {
  readonly code: string
  readonly fault = 'caller'
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Runs of tasks that nobody called for: what a schedule or a trigger makes of its job, and what becomes of the result. */
export class AutomaticRuns {
  readonly #ports: AutomaticRunsPorts

  constructor(ports: AutomaticRunsPorts) {
    this.#ports = ports
  }

  /**
   * The run of a job that has none yet. It is written before anything else is done: a job that is done again is about the
   * same frame.
   * @throws CannotRun `no_such_task`, `task_broken`, `bad_params`, `no_frame`, `not_automatic`
   */
  async begin({ id: job, camera, params, log }: JobContext): Promise<TaskRunRow> {
    const { database, now } = this.#ports
    const asked = params as unknown as Partial<AutomaticJob>
    const owner = await this.#ownerOf(job, asked)
    if (owner === null || camera === null || asked.task === undefined)
      throw new CannotRun(
        'not_automatic',
        'neither a schedule nor a trigger asked for this job, and nobody called for it',
      )
    const task = await checkAutomatic(this.#ports, { ...asked, task: asked.task }).catch(asJobError)
    const picture = cameraPicture(task, asked.params ?? {})
    const frame = picture && (await this.#frameFor(camera, asked.frame))
    const entry = frame && { source: 'archive', basename: frame }
    const given = picture && entry ? { [picture.name]: picture.isList ? [entry] : entry } : {}
    const row: TaskRunRow = {
      ...{ job, task: task.name, owner, camera, params_json: JSON.stringify({ ...asked.params, ...given }) },
      ...{ state: null, code: null, message: '', result: null, created_at: now(), finished_at: null },
    }
    await database.write.insertInto('task_runs').values(row).execute()
    if (frame) log('info', `its picture is the frame ${frame}`)
    return row
  }

  /**
   * Makes readings of what a run came to. Whoever calls it again changes nothing.
   * @param data the first of the result's `data`
   * @returns what is added to the job's result: the readings by sensor, and what was not written; nothing for a run that somebody called for
   */
  async end(context: Pick<JobContext, 'params' | 'camera' | 'log'>, run: TaskRunRow, data: unknown): Promise<object> {
    const { camera, params, log } = context
    if (run.camera === null || camera === null) return {}
    const { readings: asked } = params as unknown as AutomaticJob
    // The name that the camera has now: it may have been renamed since the job was asked for.
    return this.#ports.readings.write({ camera, task: run.task, at: timeOf(run), asked, data }, { log })
  }

  /** As whom it is run; null where it is no job of a schedule or a trigger. */
  async #ownerOf(job: string, { trigger }: Partial<AutomaticJob>): Promise<string | null> {
    if (trigger !== undefined) return `trigger:${trigger}`
    const { write } = this.#ports.database
    const row = await write.selectFrom('jobs').select('schedule').where('id', '=', job).executeTakeFirst()
    return row?.schedule == null ? null : `schedule:${row.schedule}`
  }

  /** @param given of a transition, under the name that its camera had then */
  async #frameFor(camera: string, given: string | undefined): Promise<string> {
    const capturedAt = given === undefined ? undefined : parseFrameId(given)?.capturedAtMs
    const frame = capturedAt === undefined ? await this.#ports.newestFrame(camera) : `${camera}/${capturedAt}`
    if (frame === null) throw new CannotRun('no_frame', `no picture of ${camera} is kept: a task needs one to look at`)
    return frame
  }
}

/** The time of what a run says of its camera: that of its frame, or when it began where it looks at none. */
function timeOf({ camera, params_json, created_at }: TaskRunRow): number {
  // The camera's frame was added last.
  const entries = Object.values(JSON.parse(params_json) as Record<string, unknown>).flat()
  for (const entry of entries.reverse()) {
    const { source, basename } = (entry ?? {}) as { source?: unknown; basename?: unknown }
    const frame = source === 'archive' && typeof basename === 'string' ? parseFrameId(basename) : null
    if (frame && cameraId(frame) === camera) return frame.capturedAtMs
  }
  return created_at
}

function asJobError(error: unknown): never {
  throw error instanceof HttpError ? new CannotRun(error.code, error.message) : error
}
