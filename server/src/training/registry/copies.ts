import { isOfVectors, type Model, ModelsError } from '@ajar/models'
import type { Sources } from '../../devices/sources.ts'
import { badRequest, conflict } from '../../http/errors.ts'
import { type Activations, differenceOf } from './activations.ts'
import { misfitOf } from './misfit.ts'
import type { ModelRegistry } from './model-registry.ts'

/** No two frames are farther apart (1 - cosine): the novelty check says nothing. */
const NEVER_NOVEL = 2

/**
 * Gives a camera the model of a similar one to begin with. Which frames are unlike all of this camera nobody knows
 * yet, so that check is switched off, and nothing is said of how good it is here: the next training will.
 */
export class ModelCopies {
  readonly #ports: { sources: Sources; registry: ModelRegistry; activations: Activations }

  constructor(ports: { sources: Sources; registry: ModelRegistry; activations: Activations }) {
    this.#ports = ports
  }

  /**
   * The model that would be copied.
   * @param states those of the camera that is to have it
   * @throws HttpError 409 `no_model`, `model_damaged`; 400 `other_states`
   */
  async check(source: string, states: string[]): Promise<Model> {
    const { sources, registry } = this.#ports
    const { activeModel } = sources.get(source)
    if (activeModel === null) throw conflict('no_model', `${source} has no active model: train it first`)
    const model = await registry.load(activeModel).catch((error) => {
      if (error instanceof ModelsError) throw conflict('model_damaged', error.message)
      throw error
    })
    const difference = differenceOf(model.head.states, states)
    if (difference) throw badRequest('other_states', `${activeModel} ${difference}: copy the states too`, 'what')
    return model
  }

  /** It is active at once. @throws HttpError as `check`; 409 `being_renamed` */
  async copy(camera: string, source: string, author: string): Promise<void> {
    const { sources, registry, activations } = this.#ports
    const { states, region } = sources.get(camera)
    const { id: parent, ...model } = await this.check(source, states)
    const misfit = misfitOf(model, sources.get(camera))
    if (misfit) throw badRequest('other_readings', `${parent} cannot be copied: ${misfit}`, 'from')
    const made = {
      ...model,
      createdAtMs: Date.now(),
      region,
      head: neverNovel(model.head),
      evaluation: null,
      verdict: `copied from ${source}: nobody has checked it here yet: label some frames of this camera`,
      testSet: [],
    }
    const { id } = await registry.save(camera, made, { origin: 'copied', parent })
    await activations.activate(await registry.row(id), 'copied', author)
  }
}

function neverNovel(head: Model['head']): Model['head'] {
  if (isOfVectors(head)) return { ...head, novelty: { ...head.novelty, threshold: Number.MAX_VALUE } }
  return { ...head, novelty: { ...head.novelty, threshold: NEVER_NOVEL } }
}
