import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { BUILT_AT_MS } from '../../built-at.ts'
import { frameStatements, SCHEMA } from './frames-statements.ts'

export interface FrameId {
  /** `device/camera` */
  camera: string
  /** Milliseconds UTC. */
  capturedAt: number
}

/** One frame as it is kept. Times are milliseconds UTC. */
export interface StoredFrame extends FrameId {
  receivedAt: number
  storedAt: number
  /** Bytes of the JPEG. */
  size: number
  /** Of the bytes as they were sent. */
  sha256: Uint8Array
  /** Where its bytes lie: the frames file's name and the row in it. A row is never used for another frame. */
  file: string
  row: number
}

/** A frame of 100 kB is then seven pages instead of twenty-five (measured: 1.3 times the frames/s). */
const PAGE_BYTES = 16_384
/** Readers and the writer lock each other out for moments; a reader can wait, since only old frames are read from here. */
const READER_WAIT_MS = 20_000
/** The writer tries again and again: what waits behind it is told in time that the disk refuses. */
const WRITER_WAIT_MS = 2_000
/** What the journal keeps of its size between transactions: it holds the few index pages that one changes. */
const JOURNAL_BYTES = 1024 * 1024

/** One SQLite file of frames: their bytes, and which of them have not been through the pipeline yet. */
export class FramesFile {
  readonly name: string
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof frameStatements>
  /** Rises also where the last row is removed: whoever still holds that row must not be given another frame. */
  #lastRow: number
  /** Rises whenever frames are removed or renamed: a copy of them is then none. */
  edits = 0
  #journalMode: 'persist' | 'truncate' = 'persist'

  private constructor(name: string, database: DatabaseSync) {
    this.name = name
    this.#database = database
    this.#statements = frameStatements(database)
    this.#lastRow = this.#last()
  }

  /** Opens a frames file, made when missing unless it is `readOnly`. */
  static open(folder: string, name: string, { readOnly }: { readOnly: boolean }): FramesFile {
    const database = new DatabaseSync(`${folder}/${name}`, {
      readOnly,
      timeout: readOnly ? READER_WAIT_MS : WRITER_WAIT_MS,
    })
    try {
      if (!readOnly) {
        database.exec(
          // A rollback journal, not a WAL: new pages are not journalled, so a frame's bytes are written once and not
          // twice (measured: 1.5 times the frames/s). No spill: it locks readers out while it commits, and no longer.
          // Secure: what is removed is overwritten.
          `pragma page_size = ${PAGE_BYTES}; pragma journal_mode = persist; pragma synchronous = full;
           pragma journal_size_limit = ${JOURNAL_BYTES}; pragma cache_spill = off; pragma secure_delete = on;`,
        )
        database.exec(SCHEMA)
      }
      return new FramesFile(name, database)
    } catch (error) {
      database.close() // a full disk is tried again and again: no handle is left behind
      throw error
    }
  }

  /** Runs `work` as one transaction: one fsync however many frames it stores. */
  transaction<T>(work: () => T): T {
    this.#database.exec('begin immediate')
    try {
      const value = work()
      this.#database.exec('commit')
      return value
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  /** Writes where nothing is to be written: it throws where a frame would not be taken either. */
  probe() {
    this.transaction(() => this.#database.exec('pragma user_version = 0'))
  }

  /** @param pending whether it still has to go through the pipeline */
  insert(frame: Omit<StoredFrame, 'file' | 'row'>, jpeg: Uint8Array, pending: boolean): StoredFrame {
    const { camera, capturedAt } = frame
    this.#lastRow += 1
    const row = this.#lastRow
    this.#insertAt(row, frame, jpeg)
    if (pending) this.#statements.insertPending.run(camera, camera, capturedAt, row)
    return { ...frame, file: this.name, row }
  }

  /**
   * Takes frames over from another file in their order, with their rows: at least one, as long as they fit into so many
   * bytes. None of them waits for the pipeline.
   * @returns the last row that was taken over
   */
  takeOver(frames: StoredFrame[], from: FramesFile, maxBytes: number): number {
    let bytes = 0
    let last = 0
    this.transaction(() => {
      for (const frame of frames) {
        bytes += frame.size
        if (last > 0 && bytes > maxBytes) break
        const jpeg = from.jpeg(frame.row)
        if (jpeg) this.#insertAt(frame.row, frame, jpeg)
        last = frame.row
      }
    })
    this.#lastRow = from.#lastRow
    return last
  }

  /** It takes no new frames from now on: its journal takes no room between transactions any more. */
  settle() {
    this.#journalMode = 'truncate'
    this.#database.exec('pragma journal_mode = delete; pragma journal_mode = truncate')
  }

  finish({ row, capturedAt }: Pick<StoredFrame, 'row' | 'capturedAt'>) {
    this.#statements.finish.run(capturedAt, row, row, capturedAt)
  }

  /**
   * Removes frames for good, in a transaction of its own: neither the file nor its journal holds their bytes any more,
   * and those that waited for the pipeline do not wait any longer.
   */
  remove(frames: Pick<StoredFrame, 'row' | keyof FrameId>[]) {
    // A journal that stays keeps pages as they were before.
    this.#database.exec('pragma journal_mode = truncate')
    this.edits += 1
    try {
      this.transaction(() => {
        for (const { row, camera, capturedAt } of frames) {
          this.#statements.removePending.run(camera, camera, capturedAt)
          this.#statements.remove.run(row)
        }
      })
    } finally {
      this.#database.exec(`pragma journal_mode = ${this.#journalMode}`)
    }
  }

  /**
   * Calls the camera `from` by the name `to`. The two exchange their stored names, so that a new camera `from` does not
   * meet the old rows. Where `from` has no frames here, or `to` has some already, nothing changes: it may be repeated.
   */
  rename(from: string, to: string) {
    const { call, forgetName, hasFrames } = this.#statements
    const [storedFrom, storedTo] = [this.#storedName(from), this.#storedName(to)]
    if (!hasFrames.get(storedFrom) || hasFrames.get(storedTo)) return
    this.edits += 1
    this.transaction(() => {
      forgetName.run(from, storedFrom)
      forgetName.run(to, storedTo)
      if (to !== storedFrom) call.run(to, storedFrom)
      if (from !== storedTo) call.run(from, storedTo)
    })
  }

  find(camera: string, capturedAt: number): StoredFrame | null {
    const found = this.#statements.find.get(camera, camera, capturedAt)
    return found ? this.#frame(found) : null
  }

  /** Those of the frames that are here. */
  those<Frame extends FrameId>(frames: Frame[]): Frame[] {
    return this.#statements.which.all(asList(frames)).flatMap(({ i }) => frames[Number(i)] ?? [])
  }

  /** What is known of those of the frames that are here, in no order. */
  described(frames: FrameId[]): StoredFrame[] {
    return this.#statements.described.all(asList(frames)).map((row) => this.#frame(row))
  }

  /** The bytes of those of the frames that are here, in no order. */
  bytesOf(frames: FrameId[]): (FrameId & { bytes: Uint8Array })[] {
    return this.#statements.bytesOf.all(asList(frames)).map(({ camera, captured_at, jpeg }) => ({
      camera: camera as string,
      capturedAt: captured_at as number,
      bytes: jpeg as Uint8Array,
    }))
  }

  /** The camera's newest frames by capture time, newest first. */
  newest(camera: string, limit: number): StoredFrame[] {
    return this.#statements.newest.all(camera, camera, limit).map((row) => this.#frame(row))
  }

  /** The camera's frames captured in [from, to), oldest first. */
  span(camera: string, from: number, to: number, limit: number): StoredFrame[] {
    return this.#statements.span.all(camera, camera, from, to, limit).map((row) => this.#frame(row))
  }

  /** All frames, by row. */
  after(row: number, limit: number): StoredFrame[] {
    return this.#statements.after.all(row, limit).map((one) => this.#frame(one))
  }

  jpeg(row: number): Uint8Array | null {
    return (this.#statements.jpeg.get(row)?.jpeg as Uint8Array | undefined) ?? null
  }

  /** Bytes of the camera's frames captured last before then, the newest first. */
  before(camera: string, capturedAt: number, limit: number): { capturedAt: number; bytes: Uint8Array }[] {
    return this.#statements.before
      .all(camera, camera, capturedAt, limit)
      .map(({ captured_at, jpeg }) => ({ capturedAt: captured_at as number, bytes: jpeg as Uint8Array }))
  }

  /** Earliest and latest capture time in the file. */
  range(): { low: number; high: number } {
    const { low, high } = this.#statements.range.get() as { low: number | null; high: number | null }
    return { low: low ?? Number.POSITIVE_INFINITY, high: high ?? Number.NEGATIVE_INFINITY }
  }

  /** Size of the file in bytes, without its journal. */
  bytes(): number {
    return Number(this.#statements.pages.get()?.page_count ?? 0) * PAGE_BYTES
  }

  /** What of its size waits for frames, where others were removed. */
  unusedBytes(): number {
    return Number(this.#statements.freePages.get()?.freelist_count ?? 0) * PAGE_BYTES
  }

  frames(): number {
    return Number(this.#statements.count.get()?.count ?? 0)
  }

  isEmpty(): boolean {
    return this.#last() === 0
  }

  /** The row of the newest frame that is here; 0 where there is none. */
  lastRow(): number {
    return this.#last()
  }

  /** When the first and the last of its frames were stored, as far as that is known; in no order, for clocks are set. */
  stored(): { from: number | null; to: number | null } {
    const { low, high } = this.#statements.stored.get(BUILT_AT_MS) as { low: number | null; high: number | null }
    return { from: low, to: high }
  }

  /** Whether the frame still has to go through the pipeline. */
  isPending(camera: string, capturedAt: number): boolean {
    return this.#statements.isPending.get(camera, camera, capturedAt) !== undefined
  }

  pendingCounts(): { camera: string; count: number }[] {
    return this.#statements.pendingCounts.all() as { camera: string; count: number }[]
  }

  /** The camera's unfinished frames captured before `before`, newest first. */
  pendingBefore(camera: string, before: number, limit: number): StoredFrame[] {
    return this.#statements.pendingBefore.all(camera, camera, before, limit).map((row) => this.#frame(row))
  }

  /** All unfinished frames, by row. */
  pendingAfter(row: number, limit: number): StoredFrame[] {
    return this.#statements.pendingAfter.all(row, limit).map((one) => this.#frame(one))
  }

  close() {
    this.#database.close()
  }

  #insertAt(row: number, frame: Omit<StoredFrame, 'file' | 'row'>, jpeg: Uint8Array) {
    const { camera, capturedAt, receivedAt, storedAt, size, sha256 } = frame
    this.#statements.insert.run(row, camera, camera, capturedAt, receivedAt, storedAt, size, sha256, jpeg)
  }

  #storedName(camera: string): string {
    return this.#statements.storedName.get(camera, camera)?.stored as string
  }

  #last(): number {
    return Number(this.#statements.last.get()?.row ?? 0)
  }

  #frame(row: Record<string, SQLOutputValue>): StoredFrame {
    return {
      camera: row.camera as string,
      capturedAt: row.captured_at as number,
      receivedAt: row.received_at as number,
      storedAt: row.stored_at as number,
      size: row.size as number,
      sha256: row.sha256 as Uint8Array,
      file: this.name,
      row: row.row as number,
    }
  }
}

/** Bound once, as JSON [[camera, capturedAt], ...]. */
function asList(frames: FrameId[]): string {
  return JSON.stringify(frames.map(({ camera, capturedAt }) => [camera, capturedAt]))
}
