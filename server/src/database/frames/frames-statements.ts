import type { DatabaseSync } from 'node:sqlite'

/**
 * The tables of a frames file and what is asked of them. Rows carry the name that their camera had when it was stored;
 * `names` says what it is called now, so that a camera is renamed without a look at its frames. Who is not in `names`
 * is called what is stored.
 */

export const SCHEMA = `
  create table if not exists frames (
    row integer primary key, camera text not null, captured_at integer not null, received_at integer not null,
    stored_at integer not null, size integer not null, sha256 blob not null, jpeg blob not null);
  create unique index if not exists frames_by_id on frames (camera, captured_at);
  create index if not exists frames_by_time on frames (captured_at);
  create index if not exists frames_by_stored on frames (stored_at);
  create table if not exists pending (
    camera text not null, captured_at integer not null, row integer not null,
    primary key (camera, captured_at)) without rowid;
  create table if not exists names (camera text primary key, stored text not null unique) without rowid;`

/** The stored name of the camera that is bound twice. */
const STORED = 'coalesce((select stored from names where camera = ?), ?)'
const nameOf = (stored: string) => `coalesce((select n.camera from names n where n.stored = ${stored}), ${stored})`
const FRAME = `f.row, ${nameOf('f.camera')} as camera, f.captured_at, f.received_at, f.stored_at, f.size, f.sha256`

export function frameStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql)
  return {
    insert: prepare(
      `insert into frames (row, camera, captured_at, received_at, stored_at, size, sha256, jpeg)
       values (?, ${STORED}, ?, ?, ?, ?, ?, ?)`,
    ),
    insertPending: prepare(`insert into pending (camera, captured_at, row) values (${STORED}, ?, ?)`),
    // Its row may be gone, or never have been that frame's: then nothing is finished.
    finish: prepare(
      `delete from pending where captured_at = ? and row = ?
         and camera = (select camera from frames where row = ? and captured_at = ?)`,
    ),
    find: prepare(`select ${FRAME} from frames f where f.camera = ${STORED} and f.captured_at = ?`),
    // Bound once, as JSON [[camera, capturedAt], ...]: a list of any length is one question.
    which: prepare(
      `select l.key as i from json_each(?) l
       where exists (select 1 from frames f
         where f.camera = coalesce((select stored from names where camera = l.value ->> 0), l.value ->> 0)
           and f.captured_at = l.value ->> 1)`,
    ),
    described: prepare(
      `select ${FRAME} from json_each(?) l cross join frames f
       where f.camera = coalesce((select stored from names where camera = l.value ->> 0), l.value ->> 0)
         and f.captured_at = l.value ->> 1`,
    ),
    bytesOf: prepare(
      `select ${nameOf('f.camera')} as camera, f.captured_at, f.jpeg from json_each(?) l cross join frames f
       where f.camera = coalesce((select stored from names where camera = l.value ->> 0), l.value ->> 0)
         and f.captured_at = l.value ->> 1`,
    ),
    newest: prepare(`select ${FRAME} from frames f where f.camera = ${STORED} order by f.captured_at desc limit ?`),
    jpeg: prepare('select jpeg from frames where row = ?'),
    before: prepare(
      `select captured_at, jpeg from frames where camera = ${STORED} and captured_at < ? order by captured_at desc limit ?`,
    ),
    after: prepare(`select ${FRAME} from frames f where f.row > ? order by f.row limit ?`),
    span: prepare(
      `select ${FRAME} from frames f
       where f.camera = ${STORED} and f.captured_at >= ? and f.captured_at < ? order by f.captured_at limit ?`,
    ),
    remove: prepare('delete from frames where row = ?'),
    removePending: prepare(`delete from pending where camera = ${STORED} and captured_at = ?`),
    // Each end by itself: then the index has it, and nothing is gone through.
    range: prepare(
      'select (select min(captured_at) from frames) as low, (select max(captured_at) from frames) as high',
    ),
    stored: prepare(
      `select (select min(stored_at) from frames where stored_at >= ?1) as low,
         (select max(stored_at) from frames where stored_at >= ?1) as high`,
    ),
    last: prepare('select row from frames order by row desc limit 1'),
    count: prepare('select count(*) as count from frames'),
    pages: prepare('pragma page_count'),
    freePages: prepare('pragma freelist_count'),
    isPending: prepare(`select 1 from pending where camera = ${STORED} and captured_at = ?`),
    pendingCounts: prepare(
      `select ${nameOf('p.camera')} as camera, count(*) as count from pending p group by p.camera`,
    ),
    pendingBefore: prepare(
      `select ${FRAME} from pending p join frames f on f.row = p.row
       where p.camera = ${STORED} and p.captured_at < ? order by p.captured_at desc limit ?`,
    ),
    pendingAfter: prepare(
      `select ${FRAME} from pending p join frames f on f.row = p.row where p.row > ? order by p.row limit ?`,
    ),
    storedName: prepare(`select ${STORED} as stored`),
    hasFrames: prepare('select 1 from frames where camera = ? limit 1'),
    call: prepare('replace into names (camera, stored) values (?, ?)'),
    forgetName: prepare('delete from names where camera = ? or stored = ?'),
  }
}
