import { ModelsError } from '@ajar/models'
import type { Kysely } from 'kysely'
import { isBeingRenamed } from '../../database/camera-rows.ts'
import type { ActivationRow, ModelRow, StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { CameraChanges } from '../../devices/changes.ts'
import type { Sources } from '../../devices/sources.ts'
import { conflict, notFound } from '../../http/errors.ts'
import { earlierModels } from './history.ts'
import { misfitOf } from './misfit.ts'
import type { ModelRegistry } from './model-registry.ts'

export interface ActivationsPorts {
  database: StateDatabase
  sources: Sources
  changes: CameraChanges
  registry: ModelRegistry
}

type Reason = ActivationRow['reason']

/** Which model a camera is asked with: the one place that changes it, and remembers what it was before. */
export class Activations {
  readonly #ports: ActivationsPorts

  constructor(ports: ActivationsPorts) {
    this.#ports = ports
  }

  /**
   * The camera's next frame is classified by this model. The one that is active already stays so, and that is no change.
   * @throws HttpError 404; 409 `other_states`, `other_readings`, `model_damaged`, `being_renamed`
   */
  async activate(model: ModelRow, reason: Reason, author: string): Promise<void> {
    await this.#refuseUnusable(model)
    await this.#change(model.camera, model.id, reason, author)
  }

  /**
   * As a person asks for it.
   * @throws HttpError as `activate`; 409 `worse_than_active` where that came out when it was made, unless forced
   */
  async choose(model: ModelRow, author: string, force: boolean): Promise<void> {
    const { activeModel } = this.#ports.sources.get(model.camera)
    if (activeModel === model.id) return
    const { gate } = (await this.#ports.registry.detailsOf(model)) ?? {}
    // What it was compared with is what was active then; of any other model nothing is known.
    const isWorse = gate?.worse && model.parent !== null && model.parent === activeModel
    if (isWorse && !force) {
      const why = gate.reason ?? 'it did worse on the frames that the active model was judged by'
      throw conflict('worse_than_active', `${model.id} is worse than ${activeModel}: ${why}`)
    }
    await this.activate(model, isWorse ? 'forced' : 'activated', author)
  }

  /**
   * Goes back to the model that was active before, and called again to the one before that. Models that cannot be used
   * any more are passed over.
   * @returns the model that is active now
   * @throws HttpError 404; 409 `no_earlier_model`, `being_renamed`
   */
  async rollback(camera: string, author: string): Promise<ModelRow> {
    const { sources, database, registry } = this.#ports
    const { activeModel } = sources.get(camera)
    const history = await database.write
      .selectFrom('activations')
      .selectAll()
      .where('camera', '=', camera)
      .orderBy('id')
      .execute()
    const passedOver: string[] = []
    for (const id of earlierModels(history, activeModel)) {
      try {
        const model = await registry.row(id)
        await this.#refuseUnusable(model)
        await this.#change(camera, id, 'rolled_back', author, activeModel)
        return model
      } catch (error) {
        if (!PASSED_OVER.has((error as { code?: string }).code ?? '')) throw error
        passedOver.push((error as Error).message)
      }
    }
    const why = passedOver.length > 0 ? ` that can be used (${passedOver.join('; ')})` : ''
    throw conflict('no_earlier_model', `${camera} had no model before this one${why}: train one`)
  }

  /** The newest first. @param before only those before this one */
  list(camera: string, limit: number, before: number): Promise<ActivationRow[]> {
    return this.#ports.database.read
      .selectFrom('activations')
      .selectAll()
      .where('camera', '=', camera)
      .where('id', '<', before)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  }

  async #refuseUnusable({ id, camera }: ModelRow): Promise<void> {
    const { sources, registry } = this.#ports
    const source = sources.get(camera)
    const { states } = source
    const model = await registry.load(id).catch((error) => {
      if (error instanceof ModelsError) throw conflict('model_damaged', error.message)
      throw error
    })
    const misfit = misfitOf(model, source)
    if (misfit) throw conflict('other_readings', `${id} cannot be asked: ${misfit}`)
    const difference = differenceOf(model.head.states, states)
    if (difference) throw conflict('other_states', `${id} ${difference}: train a model of the states as they are now`)
  }

  /** @param expected the model that has to be active still; undefined: whichever is */
  async #change(camera: string, model: string, reason: Reason, author: string, expected?: string | null) {
    const { sources, changes, database } = this.#ports
    const told = await database.write.transaction().execute(async (transaction) => {
      const previous = await activeNow(transaction, camera)
      if (expected !== undefined && previous !== expected)
        throw conflict('changed_meanwhile', `another model of ${camera} was activated in this moment: look again`)
      if (previous === model) return null
      if (reason === 'trained' && (await wasActivated(transaction, model))) return null
      await transaction
        .insertInto('activations')
        .values({ camera, model, previous, reason, author, at: Date.now() })
        .execute()
      await transaction.updateTable('cameras').set({ active_model: model }).where('id', '=', camera).execute()
      return changes.append(transaction, { camera, change: 'changed' }, author, { model, reason })
    })
    if (!told) return
    sources.activated(camera, model)
    told()
  }
}

/** A training that is interrupted in its last moment runs again: it does not undo what was chosen since. */
async function wasActivated(transaction: Kysely<StateTables>, model: string): Promise<boolean> {
  const trained = transaction.selectFrom('activations').select('id').where('model', '=', model)
  return (await trained.where('reason', 'in', MADE_ACTIVE).executeTakeFirst()) !== undefined
}

/** By its own training. */
const MADE_ACTIVE: Reason[] = ['trained', 'forced']
const PASSED_OVER = new Set(['not_found', 'model_damaged', 'other_states', 'other_readings'])

/** @throws HttpError 404, 409 `being_renamed`: the camera is on its way to another name, or to none */
async function activeNow(transaction: Kysely<StateTables>, camera: string): Promise<string | null> {
  if (await isBeingRenamed(transaction, camera))
    throw conflict('being_renamed', `${camera}, or a camera that it learns from, is being renamed: ask again then`)
  const row = await transaction.selectFrom('cameras').select('active_model').where('id', '=', camera).executeTakeFirst()
  if (!row) throw notFound(`the camera ${camera}`)
  return row.active_model
}

/** How the states of a model differ from those of its camera, in words; null where they are the same, in any order. */
export function differenceOf(ofModel: string[], ofCamera: string[]): string | null {
  const more = ofModel.filter((state) => !ofCamera.includes(state))
  const less = ofCamera.filter((state) => !ofModel.includes(state))
  const parts = [
    ...(more.length > 0 ? [`knows ${more.join(', ')}, which the camera does not have`] : []),
    ...(less.length > 0 ? [`does not know ${less.join(', ')}`] : []),
  ]
  return parts.length > 0 ? parts.join(' and ') : null
}
