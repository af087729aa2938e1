import { useState } from 'preact/hooks'
import type { JobBody } from '../../api/bodies.ts'
import type { ReleaseBody, ReleasesBody } from '../../api/release-bodies.ts'
import { BackupsSection } from '../../backups/backups-section.tsx'
import { useConsole } from '../../console.ts'
import { Button, Empty, Failed, Loading } from '../../design/elements.tsx'
import { isOver } from '../../jobs/latest-job.ts'
import { useLatestJob } from '../../jobs/use-latest-job.ts'
import { useAnswer } from '../../use-answer.ts'
import { CurrentRelease } from './current-release.tsx'
import { DeployForm } from './deploy-form.tsx'
import { KeptReleases } from './kept-releases.tsx'
import { LastRedeploy } from './last-redeploy.tsx'
import { NoRemote, NotRedeployable } from './no-deploy.tsx'
import type { Kept } from './outcome.ts'
import { RunDialog } from './run-dialog.tsx'
import { Running } from './running.tsx'
import './releases.css'

/** One may also be deployed at a terminal. */
const POLL_MS = 10_000

/** Which release of ajar runs, how another one takes its place, and the backups of what it keeps. */
export function ReleasesPage() {
  const { session } = useConsole()
  if (!session.canOperate.value)
    return (
      <Empty title="Releases need the role operator">
        <p>Ask somebody with the role operator or admin.</p>
      </Empty>
    )
  const hasBackups = session.who.value?.role === 'admin'
  return (
    <div class="releases page">
      <header class="page-head">
        <h1>{hasBackups ? 'Releases & backups' : 'Releases'}</h1>
      </header>
      <Releases />
      {hasBackups && <BackupsSection />}
    </div>
  )
}

function Releases() {
  const { body, fault, load } = useAnswer<ReleasesBody>('/api/releases', POLL_MS)
  if (body.value?.redeployable === false) return <NotRedeployable />
  if (body.value !== null) return <Redeploys releases={body.value} onChanged={load} />
  if (fault.value === null) return <Loading what="releases" />
  return <Failed title="The releases could not be loaded" error={fault.value} onRetry={load} />
}

function Redeploys({ releases, onChanged }: { releases: ReleasesBody; onChanged(): Promise<void> }) {
  const { notices, session } = useConsole()
  const [chosen, choose] = useState<ReleaseBody | null>(null)
  /** The page came with the release before. */
  const [isOld, setOld] = useState(false)
  const followed = useLatestJob<Kept>(null, 'redeploy', ({ state }) => {
    if (state === 'done') setOld(true)
    void onChanged()
  })
  const job = followed.job.value
  const isRunning = job !== null && !isOver(job)
  const isElsewhere = releases.redeploy !== null && releases.redeploy !== job?.id
  const isBusy = isRunning || isElsewhere
  const canDeploy = session.who.value?.role === 'admin'
  const current = releases.items.find(({ isCurrent }) => isCurrent)
  const begin = (begun: JobBody<Kept>) => {
    choose(null)
    followed.follow(begun)
    notices.done('The redeploy was begun.')
  }
  return (
    <>
      {isOld && <OldPage />}
      {isRunning && <Running job={job} isAway={followed.isAway.value} />}
      {isElsewhere && (
        <p class="hint" role="status">
          A redeploy goes on that was not asked for here: whoever began it at a terminal sees how far it is.
        </p>
      )}
      <div class="columns even">
        <CurrentRelease
          id={releases.current}
          release={current}
          isOnTrial={isRunning && current?.isTrusted === false}
          releases={releases.items}
        />
        {releases.remote === null ? (
          <NoRemote />
        ) : (
          canDeploy && (
            <DeployForm remote={releases.remote} unsigned={releases.unsigned} isBusy={isBusy} onBegun={begin} />
          )
        )}
      </div>
      {job !== null && !isRunning && <LastRedeploy job={job} releases={releases} />}
      <KeptReleases releases={releases} canDeploy={canDeploy} isBusy={isBusy} onChosen={choose} />
      {chosen !== null && <RunDialog release={chosen} current={current} onClose={() => choose(null)} onBegun={begin} />}
    </>
  )
}

function OldPage() {
  return (
    <p class="old-page" role="status">
      What you look at came with the release before.
      <Button onClick={() => location.reload()}>Load the page again</Button>
    </p>
  )
}
