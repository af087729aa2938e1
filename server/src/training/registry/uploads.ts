import { type Model, ModelsError, modelOf } from '@ajar/models'
import { isName } from '@ajar/protocol'
import type { Source, SourceSettings, Sources } from '../../devices/sources.ts'
import { badRequest } from '../../http/errors.ts'
import type { Log } from '../../logging/levels.ts'
import { reservedState } from '../../marks.ts'
import { differenceOf } from './activations.ts'
import { misfitOf } from './misfit.ts'
import type { ModelRegistry } from './model-registry.ts'

export interface ModelUploadsPorts {
  sources: Sources
  registry: ModelRegistry
  /** Sets up a camera. */
  change(camera: string, change: Partial<SourceSettings>, author: string): Promise<Source>
  log: Log
}

/** Takes in models that come as files. */
export class ModelUploads {
  readonly #ports: ModelUploadsPorts

  constructor(ports: ModelUploadsPorts) {
    this.#ports = ports
  }

  /**
   * The next version of a camera, which is not active.
   * @throws HttpError 400 `bad_model` (says which file is wrong, and how), `other_states`, `other_readings`; 404; 409
   *   `being_renamed`
   */
  async take(camera: string, files: ReadonlyMap<string, Uint8Array>, author: string): Promise<Model> {
    const { sources, registry, change, log } = this.#ports
    const given = await modelOf(files).catch((error) => {
      if (error instanceof ModelsError && error.fault === 'caller') throw badRequest('bad_model', error.message)
      throw error
    })
    const source = sources.get(camera)
    const { states, vector } = source
    const misfit = misfitOf(given, source)
    if (misfit) throw badRequest('other_readings', `${given.id} cannot be asked: ${misfit}`)
    if (states.length > 0) this.#refuseOtherStates(given, source)
    else this.#refuseImpossibleStates(given)
    const parent = await this.#knownHere(given)
    const model = await registry.save(camera, given, { origin: 'uploaded', parent, original: given.id })
    const learned = {
      ...(states.length === 0 ? { states: given.head.states } : {}),
      ...(vector === null && given.view ? { vector: given.view } : {}),
    }
    if (Object.keys(learned).length > 0) await change(camera, learned, author)
    log.info({ by: author, camera, model: model.id, original: given.id }, 'model uploaded')
    return model
  }

  /** Its id, where it was made here: it is the same to the last label. */
  async #knownHere({ id, createdAtMs }: Model): Promise<string | null> {
    const row = await this.#ports.registry.row(id).catch(() => null)
    return row?.created_at === createdAtMs ? id : null
  }

  #refuseOtherStates({ id, head }: Model, camera: Source) {
    const difference = differenceOf(head.states, camera.states)
    if (difference) throw badRequest('other_states', `${id} ${difference}: make them the same first`)
  }

  #refuseImpossibleStates({ head }: Model) {
    for (const state of head.states) {
      const reserved = isName(state) ? reservedState(state) : `${state} is no name: lower-case letters, digits, hyphens`
      if (reserved !== null) throw badRequest('bad_model', `of its states, ${reserved}`)
    }
  }
}
