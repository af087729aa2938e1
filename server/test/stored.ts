import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { Archive } from '../src/database/frames/archive.ts'
import { FrameStore, type StoredFrame } from '../src/database/frames/frame-store.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import type { Disk, Limits } from '../src/retention/limits.ts'
import { Retention } from '../src/retention/retention.ts'
import { temporaryFolder } from './temporary-folder.ts'

export const MB = 1e6
export const DAY = 86_400_000
export const CAMERA = 'pi/cam'
export const FRAME_BYTES = 200_000
/** Two frames fill a file. */
const FILE_BYTES = 500_000
export const ROOMY: Limits = {
  ageMs: 14 * DAY,
  bytes: 1000 * MB,
  freeBytes: 500 * MB,
  tightBytes: 16 * MB,
  ballastBytes: 3 * MB,
  rowsAgeMs: 90 * DAY,
  hoursAgeMs: 3650 * DAY,
  rowsBytes: 1000 * MB,
}

/** Retention over a real store and state.db, with a disk and a clock that are told what to say. */
export class Stored {
  readonly folder: string
  readonly database: StateDatabase
  readonly frames: FrameStore
  readonly archive: Archive
  readonly retention: Retention
  readonly skipped: StoredFrame[] = []
  readonly said: string[] = []
  /** As those who watch are told. */
  readonly alarms: string[] = []
  disk: Disk = { totalBytes: 10_000 * MB, freeBytes: 5000 * MB }
  /** Time that went by, besides that of the test. */
  later = 0
  /** Added to the clock although no time went by. */
  ahead = 0
  /** Runs once, while a file is being cleared. */
  meanwhile: (() => Promise<unknown>) | null = null

  private constructor(folder: string, database: StateDatabase, frames: FrameStore, archive: Archive, limits: Limits) {
    this.folder = folder
    this.database = database
    this.frames = frames
    this.archive = archive
    const say = (level: string) => (_: object, text: string) => this.said.push(`${level}: ${text}`)
    this.retention = new Retention({
      database,
      frames,
      dataDir: folder,
      limits,
      log: { info: say('info'), warn: say('warn'), error: say('error') } as never,
      now: () => Date.now() + this.later + this.ahead,
      monotonic: () => performance.now() + this.later,
      disk: async () => this.disk,
      skip: async (waiting) => {
        this.skipped.push(...waiting)
        for (const frame of waiting) await this.end(frame, 'skipped')
        const work = this.meanwhile
        this.meanwhile = null
        await work?.()
      },
      isBeingDeleted: (camera) => camera === 'pi/deleted',
      onAlarm: ({ name, level }) => this.alarms.push(`${name} ${level}`),
    })
  }

  static async open(limits: Partial<Limits> = {}, place?: string): Promise<Stored> {
    const folder = place ?? (await temporaryFolder(onTestFinished))
    const database = await openStateDatabase(folder)
    const frames = await FrameStore.open(join(folder, 'frames'), () => {}, FILE_BYTES)
    const archive = await Archive.open(join(folder, 'frames'))
    const stored = new Stored(folder, database, frames, archive, { ...ROOMY, ...limits })
    onTestFinished(() => stored.close())
    return stored
  }

  /** May be called again. */
  async close() {
    await this.retention.close()
    await this.archive.close()
    await this.frames.close()
    await this.database.close()
  }

  /** Takes frames of these times in, and ends those that are not to stay pending. */
  async put(times: number[], { pending = false, camera = CAMERA } = {}) {
    for (const time of times) {
      const jpeg = new Uint8Array(FRAME_BYTES).fill(time)
      const { frame } = await this.frames.put({ camera, capturedAt: time, receivedAt: 1, dup: false, jpeg })
      if (!pending) await this.end(frame, 'classified')
    }
  }

  /** What the recorder does. */
  async end({ camera, capturedAt, size, sha256, storedAt, ...frame }: StoredFrame, outcome: 'classified' | 'skipped') {
    const row = { camera, captured_at: capturedAt, received_at: 1, stored_at: storedAt, classified_at: null }
    const more = { recorded_at: Date.now(), size, sha256, outcome, code: null, late: 0 } as const
    await this.database.write
      .insertInto('frames')
      .values({ ...row, ...more })
      .onConflict((clash) => clash.doNothing()) // it may have been killed before the frame was finished
      .execute()
    await this.frames.finish([{ camera, capturedAt, size, sha256, storedAt, ...frame }])
  }

  async label(time: number, state = 'open') {
    const row = { camera: CAMERA, captured_at: time, state, author: 'test', labelled_at: 1 }
    await this.database.write.insertInto('labels').values(row).execute()
  }

  /** Of these times, those whose bytes are there and right. */
  async left(times: number[], camera = CAMERA): Promise<number[]> {
    const pictures = await Promise.all(times.map((time) => this.archive.jpeg(camera, time)))
    return times.filter((time, i) => pictures[i]?.length === FRAME_BYTES && pictures[i]?.[0] === time)
  }

  /** Changes a frames file behind the back of the store. */
  inFile(name: string, sql: string) {
    const file = new DatabaseSync(join(this.folder, 'frames', name))
    file.exec(sql)
    file.close()
  }

  get files(): string[] {
    return readdirSync(join(this.folder, 'frames')).filter((name) => name.endsWith('.db'))
  }

  get bytes(): number {
    const folder = join(this.folder, 'frames')
    return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  }
}
