/** 016: calls of tasks, and which tasks are run on transitions. */
export const TASKS: readonly string[] = [
  `create table task_runs (
    job text primary key, task text not null, owner text not null, camera text, params_json text not null, state text,
    code text, message text not null default '', result integer, created_at integer not null, finished_at integer) without rowid`,
  'create index task_runs_by_owner on task_runs (owner, created_at)',
  'create index task_runs_by_time on task_runs (created_at)',
  'create index task_runs_by_result on task_runs (result) where result is not null',
  'create index task_runs_open on task_runs (job) where state is null',
  `create table task_triggers (
    id text primary key, camera text not null, states_json text not null, params_json text not null,
    owner text not null, paused integer not null, created_at integer not null, last_job text) without rowid`,
  'create index task_triggers_by_camera on task_triggers (camera)',
]
