import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { loadModel, type Model, saveModel } from '@ajar/models'
import { sql } from 'kysely'
import type { StateDatabase } from '../database/state-database.ts'

/** Every model of every camera: immutable files in the data folder, and a row for each. */
export class ModelRegistry {
  readonly #database: StateDatabase
  readonly #folder: string

  /** @param folder where the files of all models lie */
  constructor(database: StateDatabase, folder: string) {
    this.#database = database
    this.#folder = folder
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

  /** Removes the files of a model that nobody has any more. */
  async removeFiles(modelId: string): Promise<void> {
    await rm(this.folderOf(modelId), { recursive: true, force: true })
  }

  /** Saves a new version of a camera's model. */
  async save(camera: string, made: Omit<Model, 'id'>): Promise<Model> {
    const version = await this.#nextVersion(camera)
    const model: Model = { ...made, id: `${camera}@${version}` }
    await saveModel(this.folderOf(model.id), model)
    const { id, backbone, engine, createdAtMs, evaluation } = model
    await this.#database.write
      .insertInto('models')
      .values({
        ...{ id, camera, version, backbone, engine },
        ...{ created_at: createdAtMs, evaluation_json: JSON.stringify(evaluation) },
      })
      .execute()
    return model
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
        union all select version from used_versions where camera = ${camera})`.execute(this.#database.read)
    const version = (rows[0]?.version ?? 0) + 1
    await this.removeFiles(`${camera}@${version}`)
    return version
  }
}
