import { isDeepStrictEqual } from 'node:util'
import { badRequest } from '../http/errors.ts'
import type { CameraChanges } from './changes.ts'
import type { Source, SourceSettings, Sources } from './sources.ts'

/** What is copied from one camera to another. */
export type Copied = 'settings' | 'states' | 'labels' | 'model'

export interface SettingUpPorts {
  sources: Sources
  changes: CameraChanges
  /** Told when frames or readings are seen otherwise from now on: where region, masks or the view of vectors are others. */
  onSeenOtherwise(camera: string, author: string): Promise<void>
  /** Runs the work while no frame of the camera is between its arrival and its acknowledgement. */
  whileShut<T>(camera: string, work: () => Promise<T>): Promise<T>
  /** States that the camera's own labels say. */
  labelledStates(camera: string): Promise<string[]>
  /** Takes a snapshot of the source's labels in place of an earlier one. @returns how many these are */
  borrowLabels(camera: string, source: string, author: string): Promise<number>
  /** Refuses where the source's active model cannot be that of a camera with these states. */
  checkModel(source: string, states: string[]): Promise<unknown>
  /** Makes the source's active model the camera's next one, active at once. */
  copyModel(camera: string, source: string, author: string): Promise<void>
}

/** Changes what a camera is set to, by hand or after another camera. */
export class SettingUp {
  readonly #ports: SettingUpPorts

  constructor(ports: SettingUpPorts) {
    this.#ports = ports
  }

  /** What is stored after it resolves has been blackened by the masks, or judged by the view of readings, that it sets. */
  async change(id: string, change: Partial<SourceSettings>, author: string): Promise<Source> {
    const { sources, changes, onSeenOtherwise, whileShut } = this.#ports
    const before = sources.get(id)
    const write = () => sources.change(id, change)
    const isSeenDifferently = change.masks !== undefined || change.vector !== undefined
    const camera = await (isSeenDifferently ? whileShut(id, write) : write())
    await changes.tell({ camera: id, change: 'changed' }, author, { settings: Object.keys(change) })
    const isSeenOtherwise = !isDeepStrictEqual(viewOf(before), viewOf(camera))
    if (isSeenOtherwise) await onSeenOtherwise(id, author)
    return camera
  }

  /**
   * Makes a camera what another one is: its settings, its states, its labels, its model, or several of these.
   * @throws HttpError 400 `same_camera`, `unknown_state`, `other_states`, `state_in_use`, 404 where there is no such
   *   camera, 409 `no_model`, `model_damaged`
   */
  async copy(id: string, source: string, what: Copied[], author: string): Promise<Source> {
    const { sources, changes, borrowLabels, checkModel, copyModel } = this.#ports
    const [target, model] = [sources.get(id), sources.get(source)]
    if (target.kind !== model.kind)
      throw badRequest('other_kind', `${source} is a ${model.kind}, and ${id} a ${target.kind}`, 'from')
    if (id === source) throw badRequest('same_camera', 'a camera cannot copy itself: name another one', 'from')
    const states = what.includes('states') ? model.states : target.states
    if (what.includes('labels')) await this.#refuseUnknownStates(id, states, source)
    if (what.includes('model')) await checkModel(source, states)
    const { threshold, debounce, staleAfterMs, region, masks } = model
    const change: Partial<SourceSettings> = {
      ...(what.includes('settings') ? { threshold, debounce, staleAfterMs, region, masks } : {}),
      ...(what.includes('states') ? { states } : {}),
    }
    if (Object.keys(change).length > 0) await this.change(id, change, author)
    if (what.includes('labels')) {
      const borrowed = await borrowLabels(id, source, author)
      await changes.tell({ camera: id, change: 'changed' }, author, { from: source, borrowed })
    }
    if (what.includes('model')) await copyModel(id, source, author)
    return sources.get(id)
  }

  async #refuseUnknownStates(id: string, states: string[], source: string) {
    const unknown = (await this.#ports.labelledStates(source)).filter((state) => !states.includes(state))
    if (unknown.length === 0) return
    const what = `${source} has labels that say ${unknown.join(', ')}, and ${id} has no such state`
    throw badRequest('unknown_state', `${what}: copy its states too, or add them with PATCH`, 'what')
  }
}

function viewOf({ region, masks, vector }: Source) {
  return [region, masks, vector]
}
