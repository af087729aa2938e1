/** 018: sensors and doors have states as cameras have. */
export const SOURCES: readonly string[] = [
  "alter table cameras add column kind text not null default 'camera'",
  'alter table cameras add column vector_json text',
  'alter table cameras add column follows text',
  'alter table results add column details_json text',
  'alter table readings add column stored_at integer',
  `create table door_members (
    door text not null, source text not null, states_json text not null, primary key (door, source)) without rowid`,
  'create index door_members_by_source on door_members (source)',
]
