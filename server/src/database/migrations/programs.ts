/** 017: programs that users had run, and what came of them. */
export const PROGRAMS: readonly string[] = [
  `create table program_runs (
    id text primary key, job text not null, owner text not null, name text not null, mode text not null,
    language text not null, state text not null, status integer,
    created_at integer not null, started_at integer, finished_at integer) without rowid`,
  // By itself: a column behind a megabyte is found by walking through that, also where runs are only counted.
  'create table program_requests (run text primary key, request_json text not null)',
  'create index program_runs_open on program_runs (owner, state) where finished_at is null',
  `create table program_messages (
    run text not null, seq integer not null, type text not null, data text not null, ref text,
    primary key (run, seq)) without rowid`,
]
