/** 013: data sessions, their operations, and the files and results of those. */
export const LABORATORY: readonly string[] = [
  `create table data_sessions (
    id integer primary key autoincrement, owner text not null, user text not null, name text not null,
    input_json text not null, created_at integer not null, accessed_at integer not null, modified_at integer not null)`,
  'create index data_sessions_by_owner on data_sessions (owner, modified_at)',
  'create index data_sessions_by_time on data_sessions (modified_at)',
  `create table operations (
    id integer primary key autoincrement, session integer not null, owner text not null, name text not null,
    input_json text not null, job text, cache_key text not null, state text, message text not null default '',
    result integer, created_at integer not null, finished_at integer)`,
  'create index operations_by_session on operations (session, id)',
  'create index operations_by_result on operations (result)',
  'create unique index operations_by_job on operations (job) where job is not null',
  `create table operation_results (
    id integer primary key autoincrement, cache_key text not null unique, operation text not null, state text not null,
    message text not null, output_json text not null, bytes integer not null, created_at integer not null,
    used_at integer not null)`,
  'create index operation_results_by_use on operation_results (used_at)',
  `create table laboratory_files (
    basename text primary key, owner text, result integer, type text not null, forms_json text not null,
    bytes integer not null, sha256 text not null, created_at integer not null) without rowid`,
  'create index laboratory_files_by_result on laboratory_files (result)',
  'create index laboratory_files_by_owner on laboratory_files (owner, created_at)',
]

/** 015: operations that have not ended, which are few, are found without a look at all others. */
export const OPEN_OPERATIONS: readonly string[] = [
  'create index operations_open on operations (job) where state is null',
]
