import { join } from 'node:path'
import {
  decode,
  type Engine,
  type EngineChoice,
  loadModel,
  type Model,
  ModelsError,
  openEngine,
  openHead,
  type Prediction,
  type Predictor,
} from '@ajar/models'
import { OperationError, type OperationWork } from '../operation.ts'

interface Loaded {
  model: Model
  head: Predictor
  engine: Engine
}

/** Models that an operation asks, with an engine for each backbone. Close it. */
export class AskedModels {
  readonly #work: Pick<OperationWork, 'modelsFolder' | 'engine'>
  readonly #models = new Map<string, Loaded>()
  readonly #engines = new Map<string, Engine>()

  constructor(work: Pick<OperationWork, 'modelsFolder' | 'engine'>) {
    this.#work = work
  }

  /** @param id `device/camera@version` @throws OperationError `model_missing` | `model_damaged` | `unknown_backbone` */
  async load(id: string): Promise<Loaded> {
    const known = this.#models.get(id)
    if (known) return known
    const model = await this.#read(id)
    const engine = await this.#engine(model.backbone)
    const loaded = { model, head: openHead(model.head), engine }
    this.#models.set(id, loaded)
    return loaded
  }

  /** @throws DecodeError, and as `load` */
  async ask(id: string, jpeg: Uint8Array): Promise<Prediction> {
    const { model, head, engine } = await this.load(id)
    const pixels = await decode(jpeg, model.region)
    return head.predict(await engine.embed(pixels.rgb), pixels)
  }

  /** Of all models that were loaded, each once. */
  states(): string[] {
    return [...new Set([...this.#models.values()].flatMap(({ model }) => model.head.states))]
  }

  async close() {
    for (const engine of this.#engines.values()) await engine.close()
  }

  async #read(id: string): Promise<Model> {
    const [camera = '', version = ''] = id.split('@')
    try {
      return await loadModel(join(this.#work.modelsFolder, ...camera.split('/'), version))
    } catch (error) {
      if (!(error instanceof ModelsError)) throw error
      if (error.code === 'model_missing')
        throw new OperationError('model_missing', `there is no model ${id}: the page of models lists those there are`)
      const backbone = unknownBackbone(error)
      if (backbone)
        throw new OperationError(
          'unknown_backbone',
          `${id} cannot be asked by this release: ${backbone}. Train it again`,
        )
      // The text names a folder, which is nobody's business who calls.
      throw new OperationError(
        'model_damaged',
        `the files of the model ${id} are damaged: train it again, or name another`,
      )
    }
  }

  async #engine(backbone: string): Promise<Engine> {
    const known = this.#engines.get(backbone)
    if (known) return known
    try {
      const engine = await openEngine({ backbone, engine: this.#work.engine as EngineChoice, threads: 2 })
      this.#engines.set(backbone, engine)
      return engine
    } catch (error) {
      if (!(error instanceof ModelsError)) throw error
      throw new OperationError(error.code, error.message, 'environment')
    }
  }
}

/** Why a model's backbone is none that is here; null where that is not what is wrong. */
function unknownBackbone(error: unknown): string | null {
  for (let one = error; one instanceof ModelsError; one = one.cause)
    if (one.code === 'unknown_backbone') return one.message
  return null
}
