import { type FrameRef, frameId, parseFrameId } from '@ajar/protocol'
import type { Kysely } from 'kysely'
import { isBeingRenamed } from '../../database/camera-rows.ts'
import type { Archive } from '../../database/frames/archive.ts'
import type { FrameId } from '../../database/frames/frame-store.ts'
import type { LabelRow, StateTables } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Sources } from '../../devices/sources.ts'
import { badRequest, conflict, HttpError, notFound } from '../../http/errors.ts'
import { isMark, MARKS } from '../../marks.ts'

export interface Label {
  /** The camera whose frame it is: another one than that which learns from it, where it is borrowed. */
  camera: string
  capturedAt: number
  state: string
  /** When the state was said, or said otherwise. */
  labelledAt: number
}

/** What people said of frames: the state, or a mark. */
export class Labels {
  readonly #database: StateDatabase
  readonly #archive: Archive
  readonly #sources: Sources

  constructor({ database, archive, sources }: { database: StateDatabase; archive: Archive; sources: Sources }) {
    this.#database = database
    this.#archive = archive
    this.#sources = sources
  }

  /**
   * Labels frames, all or none; what is said of one frame twice counts as it was said last.
   * @param labels a state, a mark, or null, which takes the label back if there is one
   * @throws HttpError 400 `unknown_state`, `bad_frame`; 404 where a frame does not exist, or has no picture; 409
   *   `being_renamed`
   */
  async put(labels: { frame: string; state: string | null }[], author: string): Promise<void> {
    const said = labels.map(({ frame, state }) => this.#checked(frame, state))
    await this.#database.write.transaction().execute(async (transaction) => {
      for (const camera of new Set(said.map(({ camera }) => camera))) await this.#refuseMoving(transaction, camera)
      // Frames go where nobody else writes: those that are there now are kept from now on.
      const frames = said.filter(({ state }) => state !== null)
      const gone = (await this.#archive.has(frames)).indexOf(false)
      if (gone !== -1) throw await noPicture(transaction, frames[gone] as FrameId)
      for (const { camera, capturedAt: captured_at, state } of said) {
        if (state === null) {
          const ofFrame = transaction.deleteFrom('labels').where('camera', '=', camera)
          await ofFrame.where('captured_at', '=', captured_at).execute()
          continue
        }
        const says = { state, author, labelled_at: Date.now() }
        await transaction
          .insertInto('labels')
          .values({ camera, captured_at, ...says })
          // The same said again is nothing new.
          .onConflict((clash) => clash.doUpdateSet(says).where('labels.state', '!=', state))
          .execute()
      }
    })
  }

  /** @throws HttpError 404, 409 `being_renamed` */
  async remove(ref: FrameRef): Promise<void> {
    const camera = `${ref.device}/${ref.camera}`
    await this.#database.write.transaction().execute(async (transaction) => {
      await this.#refuseMoving(transaction, camera)
      const { numDeletedRows } = await transaction
        .deleteFrom('labels')
        .where('camera', '=', camera)
        .where('captured_at', '=', ref.capturedAtMs)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw notFound(`a label of ${frameId(ref)}`)
    })
  }

  /** How many frames of a camera, and of those that follow it, are labelled, by state and by mark; those without any are not named. @throws HttpError 404 */
  async countsOf(id: string, table: 'labels' | 'borrowed_labels' = 'labels'): Promise<Record<string, number>> {
    const { id: camera } = this.#sources.get(id) // no labels and no camera are two things
    const cameras = table === 'labels' ? this.#sources.taughtBy(camera) : [camera]
    const rows = await this.#database.read
      .selectFrom(table)
      .select(({ fn }) => ['state', fn.countAll<number>().as('frames')])
      .where('camera', 'in', cameras)
      .groupBy('state')
      .execute()
    return Object.fromEntries(rows.map(({ state, frames }) => [state, frames]))
  }

  /**
   * All labels that a camera learns from, its own, those of whoever follows it and those it borrowed, in capture order;
   * marks teach nothing.
   */
  async of(camera: string): Promise<Label[]> {
    const { read } = this.#database
    const rows = await read
      .selectFrom('labels')
      .select(['camera', 'captured_at', 'state', 'labelled_at'])
      .where('camera', 'in', this.#sources.taughtBy(camera))
      .where('state', 'not in', MARKS)
      .unionAll(
        read
          .selectFrom('borrowed_labels')
          .select(['source as camera', 'captured_at', 'state', 'borrowed_at as labelled_at'])
          .where('camera', '=', camera),
      )
      .orderBy('captured_at')
      .execute()
    return rows.map((row) => ({
      camera: row.camera,
      capturedAt: row.captured_at,
      state: row.state,
      labelledAt: row.labelled_at,
    }))
  }

  /**
   * The camera's own labels, marks too, in capture order.
   * @param after only frames captured later, milliseconds UTC
   */
  ownOf(camera: string, after: number, limit: number): Promise<LabelRow[]> {
    return this.#database.read
      .selectFrom('labels')
      .selectAll()
      .where('camera', '=', camera)
      .where('captured_at', '>', after)
      .orderBy('captured_at')
      .limit(limit)
      .execute()
  }

  /** Frames and labels of a camera that is half renamed stand under both names: what is said under one would be lost. */
  async #refuseMoving(transaction: Kysely<StateTables>, camera: string) {
    if (await isBeingRenamed(transaction, camera))
      throw conflict('being_renamed', `${camera}, or a camera that it learns from, is being renamed: ask again then`)
    const row = await transaction.selectFrom('cameras').select('id').where('id', '=', camera).executeTakeFirst()
    if (row) return
    this.#sources.get(camera) // says what it is called now
    throw notFound(`the camera ${camera}`)
  }

  #checked(frame: string, state: string | null): FrameId & { state: string | null } {
    const ref = parseFrameId(frame)
    if (!ref) throw badRequest('bad_frame', `${frame} is no frame id (device/camera/capturedAtMs)`, 'frame')
    const { id: camera, kind, follows } = this.#sources.get(`${ref.device}/${ref.camera}`)
    const { states } = this.#sources.judged(camera)
    if (kind === 'door') throw badRequest('bad_frame', `${camera} is a door: label what its members saw`, 'frame')
    if (state !== null && !isMark(state) && !states.includes(state)) {
      const known = states.join(', ') || `none yet: set them with PATCH /api/${kind}s/${follows ?? camera}`
      const marks = MARKS.join(' and ')
      const message = `${camera} has no state ${state}; its states are ${known} (and ${marks} mark what teaches nothing)`
      throw badRequest('unknown_state', message, 'state')
    }
    return { camera, capturedAt: ref.capturedAtMs, state }
  }
}

/** Why there is nothing to label. */
async function noPicture(database: Kysely<StateTables>, { camera, capturedAt }: FrameId): Promise<HttpError> {
  const id = `${camera}/${capturedAt}`
  const row = await database
    .selectFrom('frames')
    .select(['stored_at', 'code'])
    .where('camera', '=', camera)
    .where('captured_at', '=', capturedAt)
    .executeTakeFirst()
  if (!row) return notFound(`the frame ${id}`)
  if (row.stored_at !== null)
    return new HttpError(404, 'pruned', `${id} is not kept any more: there is nothing left to say anything of`)
  const why = `${id} was refused at the door (${row.code}): there is no picture to say anything of`
  return new HttpError(404, 'no_picture', why)
}
