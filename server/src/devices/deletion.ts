import type { Kysely } from 'kysely'
import { ALWAYS, isBeingRenamed, type Span } from '../database/camera-rows.ts'
import { emptyJournal } from '../database/empty-journal.ts'
import type { FrameStore } from '../database/frames/frame-store.ts'
import { Mentions } from '../database/mentions.ts'
import type { JobRow, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { conflict } from '../http/errors.ts'
import type { JobContext } from '../jobs/jobs.ts'
import type { CameraChanges } from './changes.ts'
import { refuseDuringJobs } from './during-jobs.ts'
import { removeSpan } from './remove-span.ts'
import type { Sources } from './sources.ts'

export interface DeletionPorts {
  database: StateDatabase
  frames: Pick<FrameStore, 'remove'>
  sources: Sources
  changes: CameraChanges
  /** Adds a job inside the transaction. */
  addJob(
    transaction: Kysely<StateTables>,
    kind: string,
    camera: string,
    params: Record<string, unknown>,
    options: { owner: string },
  ): Promise<JobRow>
  /** Jobs that were added are committed. */
  wakeJobs(): void
  /** Ends what embeds labelled frames of these cameras. */
  stopEmbedding(sources: string[]): Promise<string[]>
  /** Runs the work while no frame of these cameras is on its way. */
  whileQuiet<T>(sources: string[], work: () => Promise<T>): Promise<T>
  /** Forgets the camera in one transaction with what `write` writes. */
  forget(
    camera: string,
    write: (transaction: Kysely<StateTables>) => Promise<unknown>,
    committed: () => void,
  ): Promise<void>
  /** Removes the files of a model. */
  removeModel(id: string): Promise<void>
  /** Lets go what was made of these frames. @param names the camera's, and those that it had */
  forgetFrames(names: string[], span: Span): Promise<void>
  /** Frames of the camera's name may be classified again. */
  resume(camera: string): void
}

/**
 * Deletes cameras with everything they had. A camera is gone for everybody at once; its frames, rows, labels and models
 * go in slices. What comes under its names meanwhile is refused (`being_deleted`), and what comes after that makes a new
 * camera: old and new never mix.
 */
export class Deletion {
  readonly #ports: DeletionPorts

  constructor(ports: DeletionPorts) {
    this.#ports = ports
  }

  /** Goes on with deletions whose job is no more: it was cancelled, or failed. Jobs that wait go on by themselves. */
  async start() {
    for (const camera of this.#ports.sources.beingDeleted()) await this.#goOn(camera, 'ajar')
  }

  /**
   * @returns the job that removes what it had
   * @throws HttpError 404; 409 `being_renamed`, `followed`, `job_runs`; 503 `busy`
   */
  async delete(id: string, author: string): Promise<JobRow> {
    const { sources, changes, database, stopEmbedding, whileQuiet, forget, addJob, wakeJobs } = this.#ports
    if (sources.isBeingDeleted(id)) return this.#goOn(id, author)
    this.#refuseFollowed(id)
    await stopEmbedding([id])
    const job = await whileQuiet([id], async () => {
      this.#refuseFollowed(id) // another request may have come first
      await refuseDuringJobs(database.write, [id])
      if (await isBeingRenamed(database.write, id))
        throw conflict('being_renamed', `${id} is half renamed: /api/health/ready says why`)
      const { promise: added, resolve } = Promise.withResolvers<JobRow>()
      let row: JobRow
      const write = async (transaction: Kysely<StateTables>) => {
        await transaction.insertInto('camera_deletions').values({ camera: id, author, at: Date.now() }).execute()
        await transaction.deleteFrom('cameras').where('id', '=', id).execute()
        row = await addJob(transaction, 'deletion', id, {}, { owner: author })
      }
      await forget(id, write, () => {
        sources.beginDeletion(id)
        resolve(row)
      })
      return added
    })
    wakeJobs()
    await changes.tell({ camera: id, change: 'deleted' }, author, { job: job.id })
    return job
  }

  /** Whoever follows it would lose states and model without a word. */
  #refuseFollowed(id: string) {
    const { sources } = this.#ports
    sources.get(id)
    const [, first, ...more] = sources.taughtBy(id)
    if (first === undefined) return
    const which = more.length === 0 ? first : `${first} and ${more.length} more`
    throw conflict('followed', `${which} have the states and the model of ${id}: remove these first`)
  }

  /** @returns the job that is at a deletion that has begun */
  async #goOn(camera: string, author: string): Promise<JobRow> {
    const { database, addJob, wakeJobs } = this.#ports
    const job = await database.write
      .transaction()
      .execute(
        async (transaction) =>
          (await activeJob(transaction, camera)) ?? addJob(transaction, 'deletion', camera, {}, { owner: author }),
      )
    wakeJobs()
    return job
  }

  /** The handler of jobs of kind `deletion`. */
  async run({ id: job, camera, signal, report }: JobContext): Promise<object> {
    const { sources, database, resume, forgetFrames } = this.#ports
    if (camera === null || !sources.isBeingDeleted(camera)) return { frames: 0 }
    const names = [camera, ...sources.aliasesOf(camera)]
    const frames = await removeSpan(this.#ports, camera, ALWAYS, (phase, progress) => {
      signal.throwIfAborted()
      report(phase, progress)
    })
    await new Mentions(database.write, names, ALWAYS).remove(signal)
    await forgetFrames(names, ALWAYS)
    await this.#removeModels(camera)
    await emptyJournal(database.write)
    await database.write.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('borrowed_labels').where('camera', '=', camera).execute()
      await transaction
        .deleteFrom('door_members')
        .where(({ eb, or }) => or([eb('source', '=', camera), eb('door', '=', camera)]))
        .execute()
      await transaction.deleteFrom('activations').where('camera', '=', camera).execute()
      await transaction.deleteFrom('schedules').where('camera', '=', camera).execute()
      await transaction.deleteFrom('task_triggers').where('camera', '=', camera).execute()
      await transaction.deleteFrom('task_runs').where('camera', '=', camera).execute()
      await transaction.deleteFrom('camera_aliases').where('camera', '=', camera).execute()
      await transaction.deleteFrom('history_progress').where('camera', '=', camera).execute()
      const others = transaction.selectFrom('jobs').select('id').where('camera', '=', camera).where('id', '!=', job)
      await transaction.deleteFrom('job_lines').where('job', 'in', others).execute()
      await transaction.deleteFrom('jobs').where('camera', '=', camera).where('id', '!=', job).execute()
      await transaction.deleteFrom('camera_deletions').where('camera', '=', camera).execute()
    })
    sources.deleted(camera)
    resume(camera)
    return { frames }
  }

  /** The last version is remembered: the id of a model never names another one. */
  async #removeModels(camera: string) {
    const { database, removeModel } = this.#ports
    const models = await database.write.selectFrom('models').selectAll().where('camera', '=', camera).execute()
    for (const { id } of models) await removeModel(id)
    await database.write.transaction().execute(async (transaction) => {
      for (const { id, version } of models)
        await transaction
          .insertInto('used_versions')
          .values({ camera: id.slice(0, id.lastIndexOf('@')), version })
          .onConflict((clash) => clash.doUpdateSet({ version }).where('used_versions.version', '<', version))
          .execute()
      await transaction.deleteFrom('models').where('camera', '=', camera).execute()
    })
  }
}

function activeJob(transaction: Kysely<StateTables>, camera: string): Promise<JobRow | undefined> {
  return transaction
    .selectFrom('jobs')
    .selectAll()
    .where('camera', '=', camera)
    .where('kind', '=', 'deletion')
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst()
}
