/** 011: which InfluxDB has been told what. */
export const INFLUX_TARGETS: readonly string[] = [
  `create table influx_targets (
    target text primary key, since integer not null, missing_from integer, gaps integer not null,
    rollups_missing integer not null, backfill_json text) without rowid`,
]
