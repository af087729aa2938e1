import { type CameraRef, cameraId, parseCameraId } from '@ajar/protocol'
import type { StateDatabase } from '../database/state-database.ts'
import { untilWritten } from '../database/until-written.ts'
import { badRequest, conflict, HttpError, notFound } from '../http/errors.ts'
import { MARKS } from '../marks.ts'
import type { Camera, CameraSettings } from './camera.ts'
import { columnsOf, fromRow, toRow } from './camera-row.ts'

export type { Camera, CameraSettings } from './camera.ts'

const DEFAULTS: CameraSettings = {
  states: [],
  threshold: 0.8,
  debounce: 3,
  staleAfterMs: 60_000,
  region: null,
  masks: [],
}
/** A device that invents names does not fill the database with cameras. */
export const MAX_CAMERAS_PER_DEVICE = 64

/** Every camera with its settings. A camera exists from its first frame on. All are held in memory. */
export class Cameras {
  readonly #database: StateDatabase
  readonly #cameras = new Map<string, Camera>()
  /** Names that cameras had, and what these are called now. */
  readonly #aliases = new Map<string, string>()
  readonly #beingDeleted = new Set<string>()

  constructor(database: StateDatabase) {
    this.#database = database
  }

  async start() {
    for (const row of await this.#database.read.selectFrom('cameras').selectAll().execute())
      this.#cameras.set(row.id, fromRow(row))
    for (const { alias, camera } of await this.#database.read.selectFrom('camera_aliases').selectAll().execute())
      this.#aliases.set(alias, camera)
    for (const { camera } of await this.#database.read.selectFrom('camera_deletions').selectAll().execute())
      this.#beingDeleted.add(camera)
  }

  list(): Camera[] {
    return [...this.#cameras.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  find(id: string): Camera | null {
    return this.#cameras.get(id) ?? null
  }

  get(id: string): Camera {
    const camera = this.find(id)
    if (camera) return camera
    const now = this.#aliases.get(id)
    if (now) throw new HttpError(404, 'camera_renamed', `${id} is called ${now} now: ask for that`)
    throw notFound(`the camera ${id}`)
  }

  /** The camera that is meant by a name, which it may have had once. */
  nameNow(ref: CameraRef): CameraRef {
    const now = this.#aliases.get(cameraId(ref))
    return (now && parseCameraId(now)) || ref
  }

  /** Without a frame for so long the camera is `unknown`, whatever it is called now; also of one without a first frame. */
  staleAfterMs(ref: CameraRef): number {
    return (this.find(cameraId(this.nameNow(ref))) ?? DEFAULTS).staleAfterMs
  }

  /** The names that a camera had, and under which its frames may still come. */
  aliasesOf(id: string): string[] {
    return [...this.#aliases].filter(([, camera]) => camera === id).map(([alias]) => alias)
  }

  /** A camera has another name now, as its rows say already; the old one is an alias. */
  renamed(from: string, to: string) {
    const camera = this.get(from)
    const { device, camera: name } = parseCameraId(to) ?? camera
    this.#cameras.delete(from)
    this.#cameras.set(to, { ...camera, id: to, device, camera: name })
    for (const alias of this.aliasesOf(from)) this.#aliases.set(alias, to)
    this.#aliases.set(from, to)
    this.#aliases.delete(to)
  }

  /** What still comes under this name is no longer the camera's, but that of a new one. */
  async freeAlias(id: string, alias: string) {
    if (this.#aliases.get(alias) !== id) throw notFound(`the alias ${alias} of ${id}`)
    await this.#database.write.deleteFrom('camera_aliases').where('alias', '=', alias).execute()
    this.#aliases.delete(alias)
  }

  /** The camera is gone for everybody; its names stay taken until `deleted`. */
  beginDeletion(id: string) {
    this.#cameras.delete(id)
    this.#beingDeleted.add(id)
  }

  /** All that the camera had is gone too. */
  deleted(id: string) {
    for (const alias of this.aliasesOf(id)) this.#aliases.delete(alias)
    this.#beingDeleted.delete(id)
  }

  /** Cameras whose deletion has begun and not ended. */
  beingDeleted(): string[] {
    return [...this.#beingDeleted]
  }

  /** Whether the camera is gone, and what it had is still being removed. */
  isBeingDeleted(id: string): boolean {
    return this.#beingDeleted.has(id)
  }

  /**
   * The camera, made with default settings where this is its first frame; null where its device has too many. Waits
   * while the disk refuses.
   * @param limit cameras that its device may have
   * @throws HttpError 404 `camera_renamed`, 409 `being_deleted`: what a name stood for is no camera to be made anew
   */
  async ensure(ref: CameraRef, limit = MAX_CAMERAS_PER_DEVICE): Promise<Camera | null> {
    const id = cameraId(ref)
    const known = this.#cameras.get(id)
    if (known) return known
    if (this.#aliases.has(id)) return this.get(id)
    if (this.#beingDeleted.has(id))
      throw conflict('being_deleted', `${id} is being deleted: set up the next camera of that name when it is done`)
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

  /** The camera has another model, as its row says already. */
  activated(id: string, model: string) {
    if (this.find(id)) this.#merge(id, { activeModel: model })
  }

  /** Into the camera as it is now: much may have changed while a row was written. */
  #merge(id: string, change: Partial<Camera>): Camera {
    const merged = { ...this.get(id), ...change }
    this.#cameras.set(id, merged)
    return merged
  }

  async #refuseOrphans(id: string, states: string[]) {
    const { read } = this.#database
    const borrowed = read.selectFrom('borrowed_labels').select('state').where('camera', '=', id)
    const used = await read
      .selectFrom('labels')
      .select('state')
      .where('camera', '=', id)
      .where('state', 'not in', [...states, ...MARKS])
      .union(borrowed.where('state', 'not in', states))
      .execute()
    if (used.length > 0) {
      const names = used.map(({ state }) => state).join(', ')
      throw badRequest('state_in_use', `labels still say ${names}: remove these labels first`, 'states')
    }
  }
}
