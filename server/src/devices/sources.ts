import { type CameraRef, cameraId, parseCameraId } from '@ajar/protocol'
import type { StateDatabase } from '../database/state-database.ts'
import { untilWritten } from '../database/until-written.ts'
import { badRequest, conflict, HttpError, notFound } from '../http/errors.ts'
import { type Noun, refIn } from '../http/nouns.ts'
import { MARKS } from '../marks.ts'
import type { Source, SourceKind, SourceSettings } from './source.ts'
import { columnsOf, fromRow, toRow } from './source-row.ts'

export type { Source, SourceKind, SourceSettings } from './source.ts'

/** What a source is when it is made. */
type Given = Partial<SourceSettings> & Partial<Pick<Source, 'kind' | 'follows'>>

const DEFAULTS: SourceSettings = {
  states: [],
  threshold: 0.8,
  debounce: 3,
  staleAfterMs: 60_000,
  region: null,
  masks: [],
  vector: null,
}
/** A device that invents names does not fill the database with cameras. */
export const MAX_CAMERAS_PER_DEVICE = 64

/** Every camera with its settings. A camera exists from its first frame on. All are held in memory. */
export class Sources {
  readonly #database: StateDatabase
  readonly #sources = new Map<string, Source>()
  /** Names that cameras had, and what these are called now. */
  readonly #aliases = new Map<string, string>()
  /** What it was; null where it began before this start. */
  readonly #beingDeleted = new Map<string, SourceKind | null>()

  constructor(database: StateDatabase) {
    this.#database = database
  }

  async start() {
    for (const row of await this.#database.read.selectFrom('cameras').selectAll().execute())
      this.#sources.set(row.id, fromRow(row))
    for (const { alias, camera } of await this.#database.read.selectFrom('camera_aliases').selectAll().execute())
      this.#aliases.set(alias, camera)
    for (const { camera } of await this.#database.read.selectFrom('camera_deletions').selectAll().execute())
      this.#beingDeleted.set(camera, null)
  }

  list(): Source[] {
    return [...this.#sources.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  ofKind(kind: SourceKind): Source[] {
    return this.list().filter((source) => source.kind === kind)
  }

  find(id: string): Source | null {
    return this.#sources.get(id) ?? null
  }

  get(id: string): Source {
    const camera = this.find(id)
    if (camera) return camera
    const now = this.#aliases.get(id)
    if (now) throw new HttpError(404, 'camera_renamed', `${id} is called ${now} now: ask for that`)
    throw notFound(`the camera ${id}`)
  }

  /**
   * The source that a path names.
   * @throws HttpError 404 where there is none of that kind
   */
  at({ kind, path }: Pick<Noun, 'kind' | 'path'>, params: Parameters<typeof refIn>[0]): Source {
    const id = cameraId(refIn(params))
    const known = this.find(id)
    if (known?.kind === kind) return known
    if (known) throw new HttpError(404, 'other_kind', `${id} is a ${known.kind}, and ${path} is of a ${kind}`)
    if (this.#aliases.has(id)) return this.get(id)
    throw notFound(`the ${kind} ${id}`)
  }

  /** A source as its results are judged: one that follows another has the states, the threshold and the model of that. */
  judged(id: string): Source {
    const source = this.get(id)
    const followed = source.follows === null ? null : this.find(source.follows)
    if (!followed) return source
    const { states, threshold, vector, activeModel } = followed
    return { ...source, states, threshold, vector, activeModel }
  }

  /** Sources whose labels teach this one: itself, and those that have its model. */
  taughtBy(id: string): string[] {
    return [id, ...this.list().flatMap((source) => (source.follows === id ? source.id : []))]
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
    const { device, camera: name } = parseCameraId(to) ?? { device: camera.device, camera: camera.name }
    this.#sources.delete(from)
    this.#sources.set(to, { ...camera, id: to, device, name })
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
    this.#beingDeleted.set(id, this.#sources.get(id)?.kind ?? null)
    this.#sources.delete(id)
  }

  /** All that the camera had is gone too. */
  deleted(id: string) {
    for (const alias of this.aliasesOf(id)) this.#aliases.delete(alias)
    this.#beingDeleted.delete(id)
  }

  /** Cameras whose deletion has begun and not ended. */
  beingDeleted(): string[] {
    return [...this.#beingDeleted.keys()]
  }

  /** Whether the camera is gone, and what it had is still being removed. */
  isBeingDeleted(id: string): boolean {
    return this.#beingDeleted.has(id)
  }

  /** Whether readings of that name are those of a source that is being removed: those of a camera never were any. */
  areReadingsBeingDeleted(id: string): boolean {
    return this.#beingDeleted.has(id) && this.#beingDeleted.get(id) !== 'camera'
  }

  /**
   * The camera, made with default settings where this is its first frame; null where its device has too many. Waits
   * while the disk refuses.
   * @param given what it is, where it is made: a camera unless told otherwise
   * @param limit sources that its device may have
   * @throws HttpError 409 `other_kind` where that name is taken by a source of another kind
   * @throws HttpError 404 `camera_renamed`, 409 `being_deleted`: what a name stood for is no camera to be made anew
   */
  async ensure(ref: CameraRef, limit = MAX_CAMERAS_PER_DEVICE, given: Given = {}): Promise<Source | null> {
    const id = cameraId(ref)
    const { kind = 'camera' } = given
    const known = this.#sources.get(id)
    if (!this.mayBe(ref, kind, limit)) return null
    if (known) return known
    const { device, camera: name } = ref
    const made: Source = {
      ...DEFAULTS,
      ...{ id, kind, device, name, activeModel: null, follows: null, createdAt: Date.now() },
      ...given,
    }
    await untilWritten(() =>
      this.#database.write
        .insertInto('cameras')
        .values(toRow(made))
        .onConflict((clash) => clash.doNothing())
        .execute(),
    )
    const first = this.#sources.get(id) ?? made // two frames may both have been the first
    this.#sources.set(id, first)
    return first
  }

  /**
   * Whether there is such a source, or could be one: what `ensure` would say, where nothing is to be made yet.
   * @throws HttpError as `ensure` does
   */
  mayBe(ref: CameraRef, kind: SourceKind, limit = MAX_CAMERAS_PER_DEVICE): boolean {
    const id = cameraId(ref)
    const known = this.#sources.get(id)
    if (known && known.kind !== kind)
      throw conflict('other_kind', `${id} is a ${known.kind}: a ${kind} needs another name`)
    if (known) return true
    if (this.#aliases.has(id)) this.get(id)
    if (this.#beingDeleted.has(id))
      throw conflict('being_deleted', `${id} is being deleted: set up the next camera of that name when it is done`)
    return this.ofKind(kind).filter(({ device }) => device === ref.device).length < limit
  }

  /** @throws HttpError 400 where a state has labels but is no longer named. */
  async change(id: string, change: Partial<SourceSettings>): Promise<Source> {
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
  #merge(id: string, change: Partial<Source>): Source {
    const merged = { ...this.get(id), ...change }
    this.#sources.set(id, merged)
    return merged
  }

  async #refuseOrphans(id: string, states: string[]) {
    const { read } = this.#database
    const borrowed = read.selectFrom('borrowed_labels').select('state').where('camera', '=', id)
    const used = await read
      .selectFrom('labels')
      .select('state')
      .where('camera', 'in', this.taughtBy(id))
      .where('state', 'not in', [...states, ...MARKS])
      .union(borrowed.where('state', 'not in', states))
      .execute()
    if (used.length > 0) {
      const names = used.map(({ state }) => state).join(', ')
      throw badRequest('state_in_use', `labels still say ${names}: remove these labels first`, 'states')
    }
  }
}
