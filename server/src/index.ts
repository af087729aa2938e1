/**
 * @ajar/server takes frames in, classifies them, records what was seen and shows it.
 *
 * `main.ts` is the process, `app.ts` the composition root, `pipeline.ts` the journey of a frame:
 * `ingest/` -> `classify/` -> `record/` -> `observe/`. Beside it stand `devices/` (devices and their cameras), `auth/`
 * (people and tokens), `jobs/` and `training/`. All of them stand on `database/`, `http/`, `settings.ts` and `log.ts`.
 */
export { type App, type Listening, startApp } from './app.ts'
export { createLog, type Log } from './log.ts'
export { readSettings, SETTINGS, type Settings, SettingsError } from './settings.ts'
