import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { ALERTS } from './migrations/alerts.ts'
import { HISTORY } from './migrations/history.ts'
import { INFLUX_TARGETS } from './migrations/influx-targets.ts'
import { LABORATORY, OPEN_OPERATIONS } from './migrations/laboratory.ts'
import { PROGRAMS } from './migrations/programs.ts'
import { RESULT_CAMERAS } from './migrations/result-cameras.ts'
import { SOURCES } from './migrations/sources.ts'
import { TASKS } from './migrations/tasks.ts'

/**
 * Migrations of state.db, in order; a shipped one is never changed. They only expand: the release before must still
 * run on the new schema (guarantee 11).
 */
export const MIGRATIONS: Record<string, Migration> = {
  '001-spine': { up: (database) => run(database, SPINE) },
  '002-job-starts': { up: jobStarts },
  '003-camera-received': { up: cameraReceived },
  '004-token-parent': { up: tokenParent },
  '005-camera-care': { up: (database) => run(database, CAMERA_CARE) },
  '006-retention': { up: (database) => run(database, RETENTION) },
  '007-labels-by-time': { up: (database) => run(database, LABELS_BY_TIME) },
  '008-teaching': { up: (database) => run(database, TEACHING) },
  '009-sensors': { up: sensors },
  '010-history': { up: (database) => run(database, HISTORY) },
  '011-influx-targets': { up: (database) => run(database, INFLUX_TARGETS) },
  '012-alerts': { up: (database) => run(database, ALERTS) },
  '013-laboratory': { up: (database) => run(database, LABORATORY) },
  '014-result-cameras': { up: (database) => run(database, RESULT_CAMERAS) },
  '015-open-operations': { up: (database) => run(database, OPEN_OPERATIONS) },
  '016-tasks': { up: (database) => run(database, TASKS) },
  '017-programs': { up: (database) => run(database, PROGRAMS) },
  '018-sources': { up: (database) => run(database, SOURCES) },
}

async function run(database: Kysely<unknown>, statements: readonly string[]) {
  for (const statement of statements) await sql.raw(statement).execute(database)
}

const SPINE = [
  `create table cameras (
    id text primary key, device text not null, name text not null, states_json text not null,
    threshold real not null, debounce integer not null, stale_after_ms integer not null, box_json text,
    active_model text, created_at integer not null) without rowid`,
  `create table camera_states (
    camera text primary key, state text not null, reason text, confidence real, since integer, frame_at integer,
    model text, run_state text, run_length integer not null, run_since integer,
    unlike_length integer not null, newest_at integer, late_from integer) without rowid`,
  `create table devices (
    name text primary key, token_sha256 blob not null, disabled integer not null, created_at integer not null,
    connected integer not null, seen_at integer, status_json text, applied_json text, desired_json text) without rowid`,
  `create table embeddings (
    camera text not null, captured_at integer not null, recipe text not null, brightness real not null,
    features blob not null,
    primary key (camera, captured_at, recipe))`,
  `create table events (
    id integer primary key autoincrement, at integer not null, kind text not null, data_json text not null)`,
  `create table frames (
    camera text not null, captured_at integer not null, received_at integer not null, stored_at integer,
    classified_at integer, recorded_at integer not null, size integer not null, sha256 blob not null,
    outcome text not null, code text, late integer not null, primary key (camera, captured_at)) without rowid`,
  'create table influx_outbox (id integer primary key autoincrement, point_json text not null)',
  `create table jobs (
    id text primary key, kind text not null, camera text, state text not null, phase text, progress real not null,
    params_json text not null, result_json text, error_json text, created_at integer not null, started_at integer,
    finished_at integer) without rowid`,
  `create table labels (
    camera text not null, captured_at integer not null, state text not null, author text not null,
    labelled_at integer not null, primary key (camera, captured_at)) without rowid`,
  `create table models (
    id text primary key, camera text not null, version integer not null, backbone text not null, engine text not null,
    created_at integer not null, evaluation_json text not null, unique (camera, version)) without rowid`,
  `create table readings (
    device text not null, sensor text not null, at integer not null, received_at integer not null,
    value_json text not null, primary key (device, sensor, at)) without rowid`,
  `create table results (
    camera text not null, captured_at integer not null, model text not null, state text not null, best text,
    confidence real, probabilities_json text, reason text, latency_ms real not null, late integer not null,
    primary key (camera, captured_at, model)) without rowid`,
  `create table tokens (
    id text primary key, name text not null, role text not null, sha256 blob not null unique, user text,
    disabled integer not null, created_at integer not null, expires_at integer) without rowid`,
  `create table transitions (
    id integer primary key autoincrement, camera text not null, at integer not null, from_state text not null,
    to_state text not null, reason text, confidence real, frame_at integer, model text, unique (camera, at))`,
  `create table users (
    name text primary key, role text not null, password text not null, disabled integer not null,
    created_at integer not null) without rowid`,
]

async function jobStarts(database: Kysely<unknown>) {
  await sql`alter table jobs add column starts integer not null default 0`.execute(database)
}

async function cameraReceived(database: Kysely<unknown>) {
  await sql`alter table camera_states add column received_at integer`.execute(database)
}

async function tokenParent(database: Kysely<unknown>) {
  await sql`alter table tokens add column parent text`.execute(database)
}

const CAMERA_CARE = [
  'alter table cameras add column masks_json text',
  `create table borrowed_labels (
    camera text not null, source text not null, captured_at integer not null, state text not null,
    author text not null, borrowed_at integer not null, primary key (camera, source, captured_at)) without rowid`,
  'create table camera_aliases (alias text primary key, camera text not null, since integer not null) without rowid',
  'create table camera_deletions (camera text primary key, author text not null, at integer not null) without rowid',
  `create table camera_renames (
    from_camera text primary key, to_camera text not null, author text not null, at integer not null) without rowid`,
  'create table used_versions (camera text primary key, version integer not null) without rowid',
]

const RETENTION = [
  'create index transitions_by_frame on transitions (frame_at)',
  'create index readings_by_time on readings (at)',
]

/** Which frames are labelled is asked of a span of time, whatever the camera, where everybody else waits to write. */
const LABELS_BY_TIME = [
  'create index labels_by_time on labels (captured_at)',
  'create index borrowed_labels_by_time on borrowed_labels (captured_at, source)',
]

const TEACHING = [
  'alter table jobs add column owner text',
  'alter table jobs add column run_at integer',
  'alter table jobs add column failures integer not null default 0',
  'alter table jobs add column schedule text',
  'alter table jobs add column once_key text',
  'create unique index jobs_once on jobs (once_key) where once_key is not null',
  `create table job_lines (
    job text not null, seq integer not null, at integer not null, level text not null, text text not null,
    primary key (job, seq)) without rowid`,
  `create table schedules (
    id text primary key, kind text not null, camera text, params_json text not null, cron text not null,
    timezone text not null, owner text not null, paused integer not null, created_at integer not null,
    next_at integer, last_job text) without rowid`,
  'alter table cameras add column region_json text',
  'alter table results add column novelty real',
  'alter table results add column signature blob',
  'alter table embeddings add column signature blob',
  'alter table models add column parent text',
  'alter table models add column origin text',
  'alter table models add column job text',
  'alter table models add column details_json text',
  'create unique index models_by_job on models (job) where job is not null',
  `create table activations (
    id integer primary key autoincrement, camera text not null, model text, previous text, reason text not null,
    author text not null, at integer not null)`,
  'create index activations_by_camera on activations (camera, id)',
]

/**
 * The newest reading of each sensor, which nobody could find among millions; `Readings.start` fills it. What its agent
 * said of it outlives the status, whose place the last will takes.
 */
async function sensors(database: Kysely<unknown>) {
  await sql`create table sensors (
    device text not null, name text not null, last_at integer not null, last_value_json text not null,
    unit text, driver text, primary key (device, name)) without rowid`.execute(database)
}
