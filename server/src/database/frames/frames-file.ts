import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

/** One frame as it is kept. `camera` is `device/camera`; times are milliseconds UTC. */
export interface StoredFrame {
  camera: string
  capturedAt: number
  receivedAt: number
  storedAt: number
  /** Bytes of the JPEG. */
  size: number
  sha256: Uint8Array
  /** Where its bytes lie: the frames file's name and the row in it. */
  file: string
  row: number
}

/** A frame of 100 kB is then seven pages instead of twenty-five (measured: 1.3 times the frames/s). */
const PAGE_BYTES = 16_384
/** Readers and the writer lock each other out for moments; a reader can wait, since only old frames are read from here. */
const READER_WAIT_MS = 20_000
const WRITER_WAIT_MS = 5_000
/** What the journal keeps of its size between transactions: it holds the few index pages that one changes. */
const JOURNAL_BYTES = 1024 * 1024

const SCHEMA = `
  create table if not exists frames (
    row integer primary key, camera text not null, captured_at integer not null, received_at integer not null,
    stored_at integer not null, size integer not null, sha256 blob not null, jpeg blob not null);
  create unique index if not exists frames_by_id on frames (camera, captured_at);
  create index if not exists frames_by_time on frames (captured_at);
  create table if not exists pending (
    camera text not null, captured_at integer not null, row integer not null,
    primary key (camera, captured_at)) without rowid;`

const COLUMNS = 'f.row, f.camera, f.captured_at, f.received_at, f.stored_at, f.size, f.sha256'

/** One SQLite file of frames: their bytes, and which of them have not been through the pipeline yet. */
export class FramesFile {
  readonly name: string
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepared>

  private constructor(name: string, database: DatabaseSync) {
    this.name = name
    this.#database = database
    this.#statements = prepared(database)
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
          `pragma page_size = ${PAGE_BYTES}; pragma journal_mode = persist; pragma synchronous = full;
           pragma journal_size_limit = ${JOURNAL_BYTES}; pragma cache_spill = off;`,
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
  transaction(work: () => void) {
    this.#database.exec('begin immediate')
    try {
      work()
      this.#database.exec('commit')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  /** Writes where nothing is to be written: it throws where a frame would not be taken either. */
  probe() {
    this.transaction(() => this.#database.exec('pragma user_version = 0'))
  }

  insert(frame: Omit<StoredFrame, 'file' | 'row'>, jpeg: Uint8Array): StoredFrame {
    const { camera, capturedAt, receivedAt, storedAt, size, sha256 } = frame
    const row = Number(
      this.#statements.insert.run(camera, capturedAt, receivedAt, storedAt, size, sha256, jpeg).lastInsertRowid,
    )
    this.#statements.insertPending.run(camera, capturedAt, row)
    return { ...frame, file: this.name, row }
  }

  finish(camera: string, capturedAt: number) {
    this.#statements.finish.run(camera, capturedAt)
  }

  find(camera: string, capturedAt: number): StoredFrame | null {
    const found = this.#statements.find.get(camera, capturedAt)
    return found ? this.#frame(found) : null
  }

  /** The camera's newest frames by capture time, newest first. */
  newest(camera: string, limit: number): StoredFrame[] {
    return this.#statements.newest.all(camera, limit).map((row) => this.#frame(row))
  }

  jpeg(row: number): Uint8Array | null {
    return (this.#statements.jpeg.get(row)?.jpeg as Uint8Array | undefined) ?? null
  }

  /** Earliest and latest capture time in the file. */
  range(): { low: number; high: number } {
    const { low, high } = this.#statements.range.get() as { low: number | null; high: number | null }
    return { low: low ?? Number.POSITIVE_INFINITY, high: high ?? Number.NEGATIVE_INFINITY }
  }

  /** Size of the file in bytes, its write-ahead log left out. */
  bytes(): number {
    return Number(this.#statements.pages.get()?.page_count ?? 0) * PAGE_BYTES
  }

  pendingCounts(): { camera: string; count: number }[] {
    return this.#statements.pendingCounts.all() as { camera: string; count: number }[]
  }

  /** The camera's unfinished frames captured before `before`, newest first. */
  pendingBefore(camera: string, before: number, limit: number): StoredFrame[] {
    return this.#statements.pendingBefore.all(camera, before, limit).map((row) => this.#frame(row))
  }

  close() {
    this.#database.close()
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

function prepared(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  return {
    insert: prepare(
      `insert into frames (camera, captured_at, received_at, stored_at, size, sha256, jpeg)
       values (?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertPending: prepare('insert into pending (camera, captured_at, row) values (?, ?, ?)'),
    finish: prepare('delete from pending where camera = ? and captured_at = ?'),
    find: prepare(`select ${COLUMNS} from frames f where camera = ? and captured_at = ?`),
    newest: prepare(`select ${COLUMNS} from frames f where camera = ? order by captured_at desc limit ?`),
    jpeg: prepare('select jpeg from frames where row = ?'),
    range: prepare('select min(captured_at) as low, max(captured_at) as high from frames'),
    pages: prepare('pragma page_count'),
    pendingCounts: prepare('select camera, count(*) as count from pending group by camera'),
    pendingBefore: prepare(
      `select ${COLUMNS} from pending p join frames f on f.row = p.row
       where p.camera = ? and p.captured_at < ? order by p.captured_at desc limit ?`,
    ),
  }
}
