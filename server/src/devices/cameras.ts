import { type CameraRef, cameraId } from '@ajar/protocol'
import type { CameraRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { untilWritten } from '../database/until-written.ts'
import { badRequest, notFound } from '../http/errors.ts'

/** Region of interest in fractions of the frame. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** What an operator sets of a camera. */
export interface CameraSettings {
  /** Names the camera can be in. */
  states: string[]
  /** Results of less confidence are `unknown`. */
  threshold: number
  /** So many agreeing results change the state. */
  debounce: number
  staleAfterMs: number
  box: Box | null
}

export interface Camera extends CameraRef, CameraSettings {
  /** `device/camera` */
  id: string
  /** `device/camera@version`, or null before the first training. */
  activeModel: string | null
  createdAt: number
}

type SettingsColumn = 'states_json' | 'threshold' | 'debounce' | 'stale_after_ms' | 'box_json'

const DEFAULTS: CameraSettings = { states: [], threshold: 0.8, debounce: 3, staleAfterMs: 60_000, box: null }
/** A device that invents names does not fill the database with cameras. */
const MAX_CAMERAS_PER_DEVICE = 64

/** Every camera with its settings. A camera exists from its first frame on. All are held in memory. */
export class Cameras {
  readonly #database: StateDatabase
  readonly #cameras = new Map<string, Camera>()

  constructor(database: StateDatabase) {
    this.#database = database
  }

  async start() {
    for (const row of await this.#database.read.selectFrom('cameras').selectAll().execute())
      this.#cameras.set(row.id, fromRow(row))
  }

  list(): Camera[] {
    return [...this.#cameras.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  find(id: string): Camera | null {
    return this.#cameras.get(id) ?? null
  }

  get(id: string): Camera {
    const camera = this.find(id)
    if (!camera) throw notFound(`the camera ${id}`)
    return camera
  }

  /**
   * The camera, made with default settings where this is its first frame; null where its device has too many. Waits
   * while the disk refuses.
   * @param limit cameras that its device may have
   */
  async ensure(ref: CameraRef, limit = MAX_CAMERAS_PER_DEVICE): Promise<Camera | null> {
    const id = cameraId(ref)
    const known = this.#cameras.get(id)
    if (known) return known
    const siblings = this.list().filter((camera) => camera.device === ref.device)
    if (siblings.length >= limit) return null
    const { device, camera: name } = ref
    const made: Camera = { ...DEFAULTS, id, device, camera: name, activeModel: null, createdAt: Date.now() }
    await untilWritten(() =>
      this.#database.write
        .insertInto('cameras')
        .values(toRow(made))
        .onConflict((clash) => clash.doNothing())
        .execute(),
    )
    const first = this.#cameras.get(id) ?? made // two frames may both have been the first
    this.#cameras.set(id, first)
    return first
  }

  /** @throws HttpError 400 where a state has labels but is no longer named. */
  async change(id: string, change: Partial<CameraSettings>): Promise<Camera> {
    this.get(id)
    const given = columnsOf(change)
    if (change.states) await this.#refuseOrphans(id, change.states)
    if (Object.keys(given).length > 0)
      await this.#database.write.updateTable('cameras').set(given).where('id', '=', id).execute()
    return this.#merge(id, change)
  }

  async activate(id: string, model: string) {
    this.get(id)
    await this.#database.write.updateTable('cameras').set({ active_model: model }).where('id', '=', id).execute()
    this.#merge(id, { activeModel: model })
  }

  /** Into the camera as it is now: much may have changed while a row was written. */
  #merge(id: string, change: Partial<Camera>): Camera {
    const merged = { ...this.get(id), ...change }
    this.#cameras.set(id, merged)
    return merged
  }

  async #refuseOrphans(id: string, states: string[]) {
    const used = await this.#database.read
      .selectFrom('labels')
      .select('state')
      .distinct()
      .where('camera', '=', id)
      .where('state', 'not in', states)
      .execute()
    if (used.length > 0) {
      const names = used.map(({ state }) => state).join(', ')
      throw badRequest('state_in_use', `labels still say ${names}: remove these labels first`, 'states')
    }
  }
}

function fromRow(row: CameraRow): Camera {
  return {
    id: row.id,
    device: row.device,
    camera: row.name,
    states: JSON.parse(row.states_json),
    threshold: row.threshold,
    debounce: row.debounce,
    staleAfterMs: row.stale_after_ms,
    box: row.box_json === null ? null : JSON.parse(row.box_json),
    activeModel: row.active_model,
    createdAt: row.created_at,
  }
}

/** The columns of the settings that are given. */
function columnsOf(given: CameraSettings): Pick<CameraRow, SettingsColumn>
function columnsOf(given: Partial<CameraSettings>): Partial<Pick<CameraRow, SettingsColumn>>
function columnsOf({ states, threshold, debounce, staleAfterMs, box }: Partial<CameraSettings>) {
  return {
    ...(states === undefined ? {} : { states_json: JSON.stringify(states) }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(debounce === undefined ? {} : { debounce }),
    ...(staleAfterMs === undefined ? {} : { stale_after_ms: staleAfterMs }),
    ...(box === undefined ? {} : { box_json: box === null ? null : JSON.stringify(box) }),
  }
}

function toRow(camera: Camera): CameraRow {
  return {
    id: camera.id,
    device: camera.device,
    name: camera.camera,
    ...columnsOf(camera),
    active_model: camera.activeModel,
    created_at: camera.createdAt,
  }
}
