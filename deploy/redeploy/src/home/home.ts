import { join } from 'node:path'

/**
 * Where releases lie and what is known of them: `/opt/ajar` under systemd, `deploy/` of the data folder elsewhere. All of
 * it is written by the redeployer alone, and read by the server.
 */
export interface Home {
  folder: string
  /** Link to the release that runs: `releases/<id>`. */
  current: string
  /** Link to the last release that was kept: the redeployer runs from there, never from one that is on trial. */
  trusted: string
  /** A folder for each release, complete where it holds the file `complete`. */
  releases: string
  /** Bare git repository: what was fetched of the remote. */
  repository: string
  /** What is known of each release. */
  ledger: string
  /** There while a switch is under way: what `recover` finishes or undoes. */
  pending: string
  /** SQLite's lock on this file is the redeployer's. */
  lock: string
  /** `<job>.json` and `<job>.log` of each redeploy. */
  runs: string
  /** A folder for each redeploy, gone when it ends. */
  work: string
  /** Where requests are taken. */
  socket: string
}

export function homeAt(folder: string): Home {
  const own = join(folder, 'redeploy')
  return {
    folder,
    current: join(folder, 'current'),
    trusted: join(folder, 'trusted'),
    releases: join(folder, 'releases'),
    repository: join(folder, 'repository.git'),
    ledger: join(own, 'ledger.json'),
    pending: join(own, 'pending.json'),
    lock: join(own, 'lock.db'),
    runs: join(own, 'runs'),
    work: join(own, 'work'),
    socket: join(own, 'socket'),
  }
}
