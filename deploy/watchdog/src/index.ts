/**
 * @ajar/watchdog is the parent of our processes where no systemd is: it starts them, hears their heartbeats over IPC, and
 * starts again what ended or hangs. It knows nothing of what they do.
 *
 * - `watchdog.ts` holds the list; `child.ts` keeps one process running; `errand.ts` runs one while there is work for it;
 *   `spawned.ts` is such a process.
 * - `back-off.ts` says when the next start is; `report.ts` when the server is told, `last-lines.ts` which lines are new.
 * - `run-folder.ts` and `pid-file.ts` find what a watchdog that was killed has left behind.
 */
export type { Pause } from './back-off.ts'
export type { Entry } from './child.ts'
export { type Clock, realClock } from './clock.ts'
export type { Errand, ErrandEntry } from './errand.ts'
export { RunFolderError } from './run-folder.ts'
export type { Command } from './spawned.ts'
export type { Failure, LastExit, Liveness, ProcessState, ProcessStatus } from './status.ts'
export { Watchdog, type WatchdogOptions } from './watchdog.ts'
