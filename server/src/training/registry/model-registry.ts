import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { clearUnfinished, loadModel, type Model, readModelFiles, saveModel } from '@ajar/models'
import { sql } from 'kysely'
import { isBeingRenamed } from '../../database/camera-rows.ts'
import type { ModelRow } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { conflict, notFound } from '../../http/errors.ts'
import { InTurn } from '../../in-turn.ts'
import { type Details, detailsOf, type Origin } from './details.ts'

/** Every model of every camera: immutable files in the data folder, and a row for each. */
export class ModelRegistry {
  readonly #database: StateDatabase
  readonly #folder: string
  /** One after the other: the next version is that of one model only. */
  readonly #saving = new InTurn(1)
  /** What files say of models whose rows say nothing: they are of an older release, and never change. */
  readonly #olderDetails = new Map<string, Details | null>()

  /** @param folder where the files of all models lie */
  constructor(database: StateDatabase, folder: string) {
    this.#database = database
    this.#folder = folder
  }

  /** Clears what a kill left of models that were being saved: no row names them, and no deletion of a camera finds them. */
  async start() {
    await mkdir(this.#folder, { recursive: true })
    for (const device of await foldersIn(this.#folder))
      for (const camera of await foldersIn(device)) await clearUnfinished(camera)
  }

  /** Where the files of a model lie. */
  folderOf(modelId: string): string {
    const [camera = '', version = ''] = modelId.split('@')
    return join(this.#folder, ...camera.split('/'), version)
  }

  /** @throws ModelsError `model_missing` | `model_damaged` */
  load(modelId: string): Promise<Model> {
    return loadModel(this.folderOf(modelId))
  }

  /** Its files, as they are. @throws ModelsError `model_missing` */
  filesOf(modelId: string): Promise<Map<string, Uint8Array>> {
    return readModelFiles(this.folderOf(modelId))
  }

  /** Removes the files of a model that nobody has any more. */
  async removeFiles(modelId: string): Promise<void> {
    await rm(this.folderOf(modelId), { recursive: true, force: true })
    this.#olderDetails.delete(modelId)
  }

  /** @throws HttpError 404 */
  async row(modelId: string): Promise<ModelRow> {
    const row = await this.#database.read.selectFrom('models').selectAll().where('id', '=', modelId).executeTakeFirst()
    if (!row) throw notFound(`the model ${modelId}`)
    return row
  }

  /** All models of a camera, the newest first. */
  rowsOf(camera: string): Promise<ModelRow[]> {
    return this.#database.read
      .selectFrom('models')
      .selectAll()
      .where('camera', '=', camera)
      .orderBy('version', 'desc')
      .execute()
  }

  /** What else is known of a model; null where neither row nor files say it. */
  async detailsOf({ id, details_json }: ModelRow): Promise<Details | null> {
    if (details_json !== null) return JSON.parse(details_json)
    let details = this.#olderDetails.get(id)
    if (details === undefined) {
      details = await this.load(id).then(detailsOf, () => null)
      this.#olderDetails.set(id, details)
    }
    return details
  }

  /** The model that a job has made already, or null. @throws ModelsError `model_damaged` */
  async madeBy(job: string): Promise<Model | null> {
    // From the writer: it may have been made an instant ago.
    const row = await this.#database.write.selectFrom('models').select('id').where('job', '=', job).executeTakeFirst()
    return row ? this.load(row.id) : null
  }

  /**
   * Saves a new version of a camera's model; a job that has made one already gets that.
   * @throws HttpError 404 where there is no such camera (any more), 409 `being_renamed`
   */
  save(camera: string, made: Omit<Model, 'id' | 'parent'>, origin: Origin): Promise<Model> {
    return this.#saving.run(async () => {
      const before = origin.job === undefined ? null : await this.madeBy(origin.job)
      return before ?? this.#save(camera, made, origin)
    })
  }

  async #save(camera: string, made: Omit<Model, 'id' | 'parent'>, from: Origin): Promise<Model> {
    const version = await this.#nextVersion(camera)
    const model: Model = { ...made, id: `${camera}@${version}`, parent: from.parent }
    await saveModel(this.folderOf(model.id), model)
    const { id, backbone, engine, createdAtMs, evaluation, parent } = model
    const details = detailsOf(model, from)
    const row: ModelRow = {
      ...{ id, camera, version, backbone, engine, parent },
      ...{ created_at: createdAtMs, evaluation_json: JSON.stringify(evaluation) },
      ...{ origin: from.origin, job: from.job ?? null, details_json: JSON.stringify(details) },
    }
    try {
      await this.#insert(row)
    } catch (error) {
      await this.removeFiles(id)
      throw error
    }
    return model
  }

  /** A camera that is being deleted or renamed gets no more models: they would be found under no name. */
  async #insert(row: ModelRow) {
    await this.#database.write.transaction().execute(async (transaction) => {
      const camera = await transaction
        .selectFrom('cameras')
        .select('id')
        .where('id', '=', row.camera)
        .executeTakeFirst()
      if (!camera) throw notFound(`the camera ${row.camera}`)
      if (await isBeingRenamed(transaction, row.camera))
        throw conflict('being_renamed', `${row.camera} is being renamed: ask again then`)
      await transaction.insertInto('models').values(row).execute()
    })
  }

  /**
   * The id of a model is a name given once, also where a camera was renamed or deleted and another one has its name.
   * A crash between saving files and row leaves files that nobody knows of: they make way.
   */
  async #nextVersion(camera: string): Promise<number> {
    const { rows } = await sql<{ version: number | null }>`
      select max(version) as version from (
        select version from models where camera = ${camera}
        union all select version from models where id > ${camera} || '@' and id < ${camera} || 'A'
        union all select version from used_versions where camera = ${camera})`.execute(this.#database.write)
    const version = (rows[0]?.version ?? 0) + 1
    await this.removeFiles(`${camera}@${version}`)
    return version
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const all = await readdir(folder, { withFileTypes: true })
  return all.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
}
