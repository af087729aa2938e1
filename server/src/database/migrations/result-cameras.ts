/** 014: which frames a result was made of, for it goes when one of those is purged. */
export const RESULT_CAMERAS: readonly string[] = [
  `create table result_cameras (
    result integer not null, camera text not null, first integer not null, last integer not null,
    times_json text not null, primary key (result, camera)) without rowid`,
  'create index result_cameras_by_camera on result_cameras (camera, first)',
]
