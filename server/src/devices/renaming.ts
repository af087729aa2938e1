import { setTimeout as sleep } from 'node:timers/promises'
import { type CameraRef, cameraId } from '@ajar/protocol'
import type { Kysely } from 'kysely'
import { makeWay, moveHistory, renameRows } from '../database/camera-rows.ts'
import type { FrameStore } from '../database/frames/frame-store.ts'
import type { StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { isDiskTrouble } from '../database/until-written.ts'
import { badRequest, conflict } from '../http/errors.ts'
import type { Log } from '../logging/levels.ts'
import type { CameraChanges } from './changes.ts'
import { type Devices, refuseReserved } from './devices.ts'
import { refuseDuringJobs } from './during-jobs.ts'
import { MAX_CAMERAS_PER_DEVICE, type Source, type Sources } from './sources.ts'

export interface RenamingPorts {
  database: StateDatabase
  frames: Pick<FrameStore, 'rename' | 'pendingCounts'>
  sources: Sources
  devices: Pick<Devices, 'has'>
  changes: CameraChanges
  log: Log
  unfinishedRenamings: UnfinishedRenamings
  /** Ends what embeds labelled frames of these cameras, which is for later only. @returns whose it was */
  stopEmbedding(sources: string[]): Promise<string[]>
  /** Asks for it again. */
  onSeenOtherwise(camera: string, author: string): Promise<void>
  /** Runs the work while no frame of these cameras is on its way. */
  whileQuiet<T>(sources: string[], work: () => Promise<T>): Promise<T>
  /** Renames all rows that are left in one transaction, and all that is known in memory. */
  rename(from: string, to: string, committed: () => void): Promise<void>
}

/** What is to be said of cameras that are half renamed, by their old name. */
export type UnfinishedRenamings = Map<string, string>

const RETRY_MS = 1000
const ROWS_AT_ONCE = 5000
/** Tables whose rows somebody would miss. */
const WORTH_KEEPING = ['frames', 'labels', 'models'] as const

/**
 * Gives cameras other names, with all their history; the device part may change too, which moves a camera to another
 * Pi. The old name stays as an alias. What is to be done stands in a row first: once that is there, the renaming ends,
 * after a crash at the next start.
 */
export class Renaming {
  readonly #ports: RenamingPorts
  #closing = false

  constructor(ports: RenamingPorts) {
    this.#ports = ports
  }

  /** Waits no longer for a disk that refuses: the next start ends what began. */
  close() {
    this.#closing = true
  }

  /**
   * Frames that come in meanwhile wait, unacknowledged, and are then frames of the new name.
   * @throws HttpError 400 `same_name`, `reserved`, `no_such_device`, `too_many_cameras`; 404; 409 `camera_exists`, `alias_in_use`,
   *   `being_deleted`, `being_renamed`, `job_runs`; 503 `busy`
   */
  async rename(from: string, ref: CameraRef, author: string): Promise<Source> {
    const { sources, changes, unfinishedRenamings, whileQuiet, log, stopEmbedding, onSeenOtherwise } = this.#ports
    const to = cameraId(ref)
    this.#refuse(from, ref)
    const stopped = await stopEmbedding([from, to])
    const renamed = await whileQuiet([from, to], async () => {
      this.#refuse(from, ref) // another request may have come first
      await this.#begin(from, to, author)
      try {
        await this.#untilDone(from, to)
      } catch (error) {
        tellUnfinished(unfinishedRenamings, log, { from, to }, error)
        throw error
      }
      unfinishedRenamings.delete(from)
      await changes.tell({ camera: from, change: 'renamed', to }, author)
      return sources.get(to)
    })
    for (const camera of stopped) await onSeenOtherwise(camera === from ? to : camera, author)
    return renamed
  }

  #refuse(from: string, ref: CameraRef) {
    const { sources, devices } = this.#ports
    const to = cameraId(ref)
    const { device, kind } = sources.get(from)
    const there = sources.find(to)
    if (there && there.kind !== kind) throw conflict('other_kind', `${to} is a ${there.kind}: take another name`)
    if (from === to) throw badRequest('same_name', `${from} has this name already`, 'to')
    refuseReserved(ref.device, 'to')
    // A typing error would move the camera out of sight; one whose own device was removed can still be renamed.
    if (ref.device !== device && !devices.has(ref.device))
      throw badRequest('no_such_device', `there is no device ${ref.device}: add it first`, 'to')
    if (sources.isBeingDeleted(to)) throw conflict('being_deleted', `${to} is being deleted: wait for that job`)
    const owner = cameraId(sources.nameNow(ref))
    if (owner !== to && owner !== from)
      throw conflict('alias_in_use', `${to} is an old name of ${owner}: free it with DELETE of that alias first`)
    const siblings = sources.ofKind(kind).filter(({ id, device }) => device === ref.device && id !== from && id !== to)
    if (siblings.length >= MAX_CAMERAS_PER_DEVICE)
      throw badRequest('too_many_cameras', `${ref.device} has ${MAX_CAMERAS_PER_DEVICE} cameras already`, 'to')
  }

  /** From here on it has to end. No job of these cameras begins until then. */
  async #begin(from: string, to: string, author: string) {
    await this.#ports.database.write.transaction().execute(async (transaction) => {
      const both = [from, to]
      const begun = await transaction
        .selectFrom('camera_renames')
        .selectAll()
        .where(({ eb, or }) => or([eb('from_camera', 'in', both), eb('to_camera', 'in', both)]))
        .executeTakeFirst()
      if (begun?.from_camera === from && begun.to_camera === to) return // it could not end before: it goes on
      if (begun)
        throw conflict('being_renamed', `the renaming of ${begun.from_camera} to ${begun.to_camera} has not ended`)
      await refuseDuringJobs(transaction, both)
      await this.#refuseHistoryOf(to, transaction)
      await makeWay(transaction, to)
      const intent = { from_camera: from, to_camera: to, author, at: Date.now() }
      await transaction.insertInto('camera_renames').values(intent).execute()
    })
  }

  /** A camera that was only set up makes way; one with frames, labels or models is somebody's history. */
  async #refuseHistoryOf(to: string, transaction: Kysely<StateTables>) {
    const waiting = await this.#ports.frames.pendingCounts()
    const has = waiting.some(({ camera }) => camera === to) ? ['frames'] : []
    for (const table of WORTH_KEEPING) {
      const row = await transaction.selectFrom(table).select('camera').where('camera', '=', to).executeTakeFirst()
      if (row) has.push(table)
    }
    if (has.length > 0)
      throw conflict(
        'camera_exists',
        `${to} has ${has[0]} already: delete it first, or rename it, or take another name`,
      )
  }

  /** It has begun, so it ends: until then no frame of the camera gets in. */
  async #untilDone(from: string, to: string) {
    const { database, frames, sources, rename, log } = this.#ports
    for (;;) {
      try {
        await frames.rename(from, to)
        for (let moved = 1; moved > 0; ) moved = await moveHistory(database.write, from, to, ROWS_AT_ONCE)
        return await rename(from, to, () => sources.renamed(from, to))
      } catch (error) {
        if (this.#closing || !isDiskTrouble(error)) throw error
        log.error({ err: error, from, to }, 'a camera is half renamed; trying again')
        await sleep(RETRY_MS)
      }
    }
  }
}

/**
 * Ends the renamings that the server's end interrupted; before anybody looks at cameras, their rows or their frames.
 * @returns those that cannot end: all other cameras go on
 */
export async function finishRenamings(
  database: StateDatabase,
  frames: Pick<FrameStore, 'rename'>,
  log: Log,
): Promise<UnfinishedRenamings> {
  const unfinished: UnfinishedRenamings = new Map()
  for (const { from_camera: from, to_camera: to, author } of await database.read
    .selectFrom('camera_renames')
    .selectAll()
    .execute()) {
    try {
      await frames.rename(from, to)
      await database.write.transaction().execute((transaction) => renameRows(transaction, from, to))
      log.info({ by: author, camera: from, change: 'renamed', to }, 'camera renamed, as was begun before the start')
    } catch (error) {
      tellUnfinished(unfinished, log, { from, to }, error)
    }
  }
  return unfinished
}

function tellUnfinished(
  unfinished: UnfinishedRenamings,
  log: Log,
  { from, to }: { from: string; to: string },
  error: unknown,
) {
  log.error({ err: error, from, to }, 'a camera is half renamed')
  const text = `${from} is half renamed to ${to} (${(error as Error).message}), and no frames are removed until it is whole`
  unfinished.set(from, `${text}: the next start tries again; this is a fault of ajar, please report it`)
}
