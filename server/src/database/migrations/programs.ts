/** 017: programs that users had run, and what came of them. */
export const PROGRAMS: readonly string[] = [
  `create table program_runs (
    id text primary key, job text not null, owner text not null, name text not null, mode text not null,
    language text not null, lab integer not null, request_json text, state text not null, status integer,
    created_at integer not null, started_at integer, finished_at integer) without rowid`,
  'create index program_runs_by_owner on program_runs (owner, created_at)',
  'create index program_runs_by_time on program_runs (created_at)',
  `create table program_messages (
    run text not null, seq integer not null, type text not null, data text not null, ref text,
    primary key (run, seq)) without rowid`,
]
