import type { HandledKind, JobContext } from '../jobs/jobs.ts'
import type { Settings } from '../settings.ts'
import { Follower, type FollowerPorts } from './follower.ts'
import { homeAt } from './home.ts'
import { LastRun } from './last-run.ts'
import { RedeployError } from './redeploy-error.ts'
import { REDEPLOY, Redeploys, type RedeploysPorts } from './redeploys.ts'
import { listReleases, type Release } from './releases.ts'
import { shownRemote } from './remote.ts'

export interface ReleasesParts
  extends Omit<RedeploysPorts, 'home' | 'hasRemote' | 'now'>,
    Pick<FollowerPorts, 'linesOf'> {
  settings: Pick<Settings, 'deployDir' | 'releaseRemote' | 'releaseUnsigned'>
  /** The release that this server runs from; null where that is a checkout. */
  current: string | null
}

/** What was deployed here, and what can be: read from the folder that the redeployer writes. */
export interface Releases {
  /** Whether a redeployer stands by. */
  isRedeployable: boolean
  current: string | null
  /** Where releases come from, without secrets; null: nowhere is set. */
  remote: string | null
  /** Whether what nobody signed may run. */
  unsigned: boolean
  redeploys: Redeploys
  lastRun: LastRun
  /** The handler of redeploys. */
  handler: HandledKind
  /** The newest first. */
  list(): Promise<Release[]>
}

/** `lastRun` waits for its start. */
export function openReleases({ settings, current, linesOf, ...parts }: ReleasesParts): Releases {
  const { deployDir, releaseRemote } = settings
  const home = deployDir === null ? null : homeAt(deployDir)
  const follower = home && new Follower({ home, linesOf })
  const now = () => Date.now()
  const lastRun = new LastRun({ home, now })
  return {
    isRedeployable: home !== null,
    ...{ current, lastRun },
    remote: shownRemote(releaseRemote),
    unsigned: settings.releaseUnsigned === '1',
    redeploys: new Redeploys({ ...parts, home, now, hasRemote: releaseRemote !== null }),
    handler: {
      kind: REDEPLOY,
      async run(context: JobContext) {
        if (!follower) throw new RedeployError('not_redeployable', 'AJAR_DEPLOY_DIR is not set any more')
        try {
          return await follower.run(context)
        } finally {
          await lastRun.look()
        }
      },
    },
    list: async () => (home ? listReleases(home) : []),
  }
}
