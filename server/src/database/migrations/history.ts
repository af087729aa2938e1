/** A result joins its minute and its hour; written by whichever release, it is counted once. */
const joins = (width: number) => `
  insert into result_rollups (camera, width, at, state, results, confident, confidence_sum,
    confidence_min, confidence_min_at, confidence_max, confidence_max_at, latency_sum, sent)
  values (new.camera, ${width}, new.captured_at - new.captured_at % ${width}, new.state, 1, new.confidence is not null,
    coalesce(new.confidence, 0), new.confidence, iif(new.confidence is null, null, new.captured_at),
    new.confidence, iif(new.confidence is null, null, new.captured_at), new.latency_ms, 0)
  on conflict (camera, width, at, state) do update set
    results = results + 1,
    confident = confident + excluded.confident,
    confidence_sum = confidence_sum + excluded.confidence_sum,
    confidence_min_at = iif(coalesce(excluded.confidence_min < confidence_min, confidence_min is null),
      excluded.confidence_min_at, confidence_min_at),
    confidence_min = coalesce(min(confidence_min, excluded.confidence_min), confidence_min, excluded.confidence_min),
    confidence_max_at = iif(coalesce(excluded.confidence_max > confidence_max, confidence_max is null),
      excluded.confidence_max_at, confidence_max_at),
    confidence_max = coalesce(max(confidence_max, excluded.confidence_max), confidence_max, excluded.confidence_max),
    latency_sum = latency_sum + excluded.latency_sum,
    sent = 0;`

/** A change of state that is told late makes its hour, and those after it, untold. */
const SET_BACK = `update history_progress set hours_to = new.at - new.at % 3600000
  where camera = new.camera and hours_to > new.at;`

const TABLES = ['result_rollups', 'state_hours', 'history_progress']

/** A camera that gets another name takes its history along. */
const GO_ALONG = TABLES.map((table) => `update or replace ${table} set camera = new.id where camera = old.id;`)

/** With a deletion that has ended: whoever gets the name next has no part in it. */
const GO_AWAY = TABLES.map((table) => `delete from ${table} where camera = old.camera;`)

/**
 * 010: what the history of a camera is shown from, however long it is. Results roll up by a trigger, so that a release
 * that knows nothing of it rolls up too (guarantee 11), and history follows what such a release renames and deletes.
 */
export const HISTORY: readonly string[] = [
  `create table result_rollups (
    camera text not null, width integer not null, at integer not null, state text not null, results integer not null,
    confident integer not null, confidence_sum real not null, confidence_min real, confidence_min_at integer,
    confidence_max real, confidence_max_at integer, latency_sum real not null, sent integer not null,
    primary key (camera, width, at, state)) without rowid`,
  `create index result_rollups_unsent on result_rollups (at) where width = 3600000 and sent = 0`,
  `create table state_hours (
    camera text not null, at integer not null, state text not null, ms integer not null, entered integer not null,
    sent integer not null, primary key (camera, at, state)) without rowid`,
  `create index state_hours_unsent on state_hours (at) where sent = 0`,
  `create table history_progress (
    camera text primary key, unfilled_from integer, unfilled_to integer, results_from integer,
    hours_from integer, hours_to integer) without rowid`,
  `insert into history_progress (camera, unfilled_from, unfilled_to)
    select camera, min(captured_at), max(captured_at) + 1 from results group by camera`,
  `create trigger transitions_set_back after insert on transitions begin ${SET_BACK} end`,
  `create trigger transitions_set_back_by_change after update of to_state on transitions begin ${SET_BACK} end`,
  `create trigger cameras_take_history after update of id on cameras when new.id <> old.id begin ${GO_ALONG.join(' ')} end`,
  `create trigger deletions_take_history after delete on camera_deletions begin ${GO_AWAY.join(' ')} end`,
  `create trigger results_roll_up after insert on results begin ${joins(60_000)} ${joins(3_600_000)} end`,
]
