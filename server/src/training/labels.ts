import { type FrameRef, frameId, parseFrameId } from '@ajar/protocol'
import type { Insertable } from 'kysely'
import type { Archive } from '../database/frames/archive.ts'
import type { LabelsTable } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Cameras } from '../devices/cameras.ts'
import { badRequest, notFound } from '../http/errors.ts'

export interface Label {
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
      if (!(await this.#archive.find(camera.id, ref.capturedAtMs))) throw notFound(`the frame ${frame}`)
      rows.push({ camera: camera.id, captured_at: ref.capturedAtMs, state, author, labelled_at: Date.now() })
    }
    await this.#database.write.transaction().execute(async (transaction) => {
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

  /** All labels of a camera, in capture order. */
  async of(camera: string): Promise<Label[]> {
    const rows = await this.#database.read
      .selectFrom('labels')
      .selectAll()
      .where('camera', '=', camera)
      .orderBy('captured_at')
      .execute()
    return rows.map((row) => ({ camera, capturedAt: row.captured_at, state: row.state, labelledAt: row.labelled_at }))
  }
}
