import { join } from 'node:path'

/**
 * What the server reads of the folder of releases, which the redeployer alone writes (`deploy/redeploy/src/home/home.ts`). A release
 * that went back reads what a newer one has written: what it does not know it ignores.
 */
export interface Home {
  /** A folder for each release, complete where it holds the file `complete`. */
  releases: string
  /** Link to the last release that was kept. */
  trusted: string
  ledger: string
  /** There while a release is on its way in or out. */
  pending: string
  /** `<job>.json` and `<job>.log` of each redeploy. */
  runs: string
  /** Where requests are taken. */
  socket: string
}

export function homeAt(folder: string): Home {
  const own = join(folder, 'redeploy')
  return {
    releases: join(folder, 'releases'),
    trusted: join(folder, 'trusted'),
    ledger: join(own, 'ledger.json'),
    pending: join(own, 'pending.json'),
    runs: join(own, 'runs'),
    socket: join(own, 'socket'),
  }
}
