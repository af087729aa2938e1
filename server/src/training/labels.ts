import { type FrameRef, frameId, parseFrameId } from '@ajar/protocol'
import type { Insertable } from 'kysely'
import type { Archive } from '../database/frames/archive.ts'
import type { LabelsTable } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Cameras } from '../devices/cameras.ts'
import { badRequest, notFound } from '../http/errors.ts'

export interface Label {
  /** The camera whose frame it is: another one than that which learns from it, where it is borrowed. */
  camera: string
  capturedAt: number
  state: string
  /** When the state was said, or said otherwise. */
  labelledAt: number
}

/** What people said of frames. */
export class Labels {
  readonly #database: StateDatabase
  readonly #archive: Archive
  readonly #cameras: Cameras

  constructor({ database, archive, cameras }: { database: StateDatabase; archive: Archive; cameras: Cameras }) {
    this.#database = database
    this.#archive = archive
    this.#cameras = cameras
  }

  /**
   * Labels frames, all or none.
   * @throws HttpError 400 `unknown_state`, `bad_frame`; 404 where a frame does not exist
   */
  async put(labels: { frame: string; state: string }[], author: string): Promise<void> {
    const rows: Insertable<LabelsTable>[] = []
    for (const { frame, state } of labels) {
      const ref = parseFrameId(frame)
      if (!ref) throw badRequest('bad_frame', `${frame} is no frame id (device/camera/capturedAtMs)`, 'frame')
      const camera = this.#cameras.get(`${ref.device}/${ref.camera}`)
      if (!camera.states.includes(state)) {
        const known = camera.states.join(', ') || 'none yet: set them with PATCH /api/cameras/{device}/{camera}'
        throw badRequest('unknown_state', `${camera.id} has no state ${state}; its states are ${known}`, 'state')
      }
      rows.push({ camera: camera.id, captured_at: ref.capturedAtMs, state, author, labelled_at: Date.now() })
    }
    await this.#database.write.transaction().execute(async (transaction) => {
      // Frames go where nobody else writes: those that are there now are kept from now on.
      const frames = rows.map(({ camera, captured_at }) => ({ camera, capturedAt: captured_at }))
      const gone = (await this.#archive.has(frames)).indexOf(false)
      if (gone !== -1) throw notFound(`the frame ${labels[gone]?.frame}`)
      for (const { camera, captured_at, ...said } of rows)
        await transaction
          .insertInto('labels')
          .values({ camera, captured_at, ...said })
          // The same said again is nothing new.
          .onConflict((clash) => clash.doUpdateSet(said).where('labels.state', '!=', said.state))
          .execute()
    })
  }

  async remove(ref: FrameRef): Promise<void> {
    const { numDeletedRows } = await this.#database.write
      .deleteFrom('labels')
      .where('camera', '=', `${ref.device}/${ref.camera}`)
      .where('captured_at', '=', ref.capturedAtMs)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw notFound(`a label of ${frameId(ref)}`)
  }

  /** How many frames of a camera are labelled, by state; states without any are not named. */
  async countsOf(camera: string): Promise<Record<string, number>> {
    const rows = await this.#database.read
      .selectFrom('labels')
      .select(({ fn }) => ['state', fn.countAll<number>().as('frames')])
      .where('camera', '=', camera)
      .groupBy('state')
      .execute()
    return Object.fromEntries(rows.map(({ state, frames }) => [state, frames]))
  }

  /** All labels that a camera learns from, its own and those it borrowed, in capture order. */
  async of(camera: string): Promise<Label[]> {
    const { read } = this.#database
    const rows = await read
      .selectFrom('labels')
      .select(['camera', 'captured_at', 'state', 'labelled_at'])
      .where('camera', '=', camera)
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
}
