/**
 * @ajar/server takes frames in, classifies them, records what was seen and shows it.
 *
 *     ingest/ -> classify/ -> record/ -> observe/
 *
 * The walk through its files, in the order a frame takes:
 * - `main.ts` is the process, `settings.ts` what it is told, `app.ts` puts the parts together, `pipeline.ts` is the journey,
 *   `routes.ts` what is answered over HTTP.
 * - `ingest/` judges a frame at the door. It is stored by `database/frames/`, and only then acknowledged.
 * - `classify/queue.ts` says which frame is next, `classify-pool.ts` has threads do it, `capture-order.ts` puts what they
 *   say back into the order of capture.
 * - `record/recorder.ts` says what follows from a frame, and `outcome-queue.ts` has it written in one transaction
 *   (`outcome.ts`): `debounce.ts` decides what the state is, `late.ts` tells the past again, `influx/` sends the outbox.
 * - `observe/` shows it over HTTP, `history/` how it was over long spans, and `alerts/` says what somebody has to know.
 *   Beside the journey stand `devices/` (devices and their cameras), `auth/` (people and
 *   tokens), `jobs/`, `training/` and `retention/` (what goes, and what is kept), `backup/` (what is stored, once more),
 *   `processes/` (which processes run), `releases/` (which releases there are, and redeploys as jobs); `legacy/` answers
 *   clients of an earlier back end.
 * - `worker.ts` is a process of its own that does what takes a core, each time by the process `worker-task.ts`; `jobs/worker/`
 *   connects it with the server.
 * - All of them lean on `database/` (`state.db` and the files of frames), `http/`, `tls/`, `secrets.ts` and `logging/`.
 */
export { type App, type Listening, startApp } from './app.ts'
export type { Log } from './logging/levels.ts'
export { createLog, Logging, loggingFor } from './logging/logging.ts'
export { SettingsError } from './read-settings.ts'
// What it costs is measured.
export { runInBox } from './sandbox/run-in-box.ts'
export { readSettings, SETTINGS, type Settings } from './settings.ts'
