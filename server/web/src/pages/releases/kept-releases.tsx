import type { ReleaseBody, ReleasesBody } from '../../api/release-bodies.ts'
import { Age, Button } from '../../design/elements.tsx'
import { Reason } from './reason.tsx'
import { choiceOf, lastKept, originInWords, shortCommit } from './release.ts'

interface KeptReleasesProps {
  releases: ReleasesBody
  canDeploy: boolean
  /** One redeploy at a time. */
  isBusy: boolean
  onChosen(release: ReleaseBody): void
}

/** The releases that lie on this machine: it takes a moment to run one of them. */
export function KeptReleases({ releases: { items }, canDeploy, isBusy, onChosen }: KeptReleasesProps) {
  const current = items.find(({ isCurrent }) => isCurrent)
  const ranLast = current ? undefined : lastKept(items)
  return (
    <section class="card part kept" aria-labelledby="kept">
      <h2 id="kept">Releases on this machine</h2>
      {items.length === 0 && <p class="hint">None yet: those that are deployed stay here, to go back to.</p>}
      <ul>
        {items.map((release) => (
          <li key={release.id} class={release.isCurrent ? 'current' : undefined}>
            <header>
              <h3>{release.version}</h3>
              <Signs release={release} ranLast={release === ranLast} />
              {canDeploy && !release.isCurrent && (
                <Button
                  kind={release.state === 'bad' ? 'danger' : 'plain'}
                  disabled={isBusy}
                  aria-label={`${choiceOf(release, current).action}: ${release.version}`}
                  onClick={() => onChosen(release)}
                >
                  {choiceOf(release, current).action}
                </Button>
              )}
            </header>
            {release.state === 'bad' && release.reason !== null && <Reason text={release.reason} tone="bad" />}
            <InShort release={release} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** What tells it from the others. */
function InShort({ release }: { release: ReleaseBody }) {
  const { id, ref, commit, deployedAt } = release
  return (
    <p class="hint">
      {originInWords(release)}
      {ref !== null && `, asked for as ${ref}`}
      {commit !== null && (
        <>
          , commit <code title={commit}>{shortCommit(commit)}</code>
        </>
      )}
      , {deployedAt === null ? 'never deployed' : <>deployed {<Age at={Date.parse(deployedAt)} />}</>},{' '}
      <code>{id}</code>
    </p>
  )
}

/** @param ranLast the checkout runs, and before it this one did */
function Signs({ release, ranLast }: { release: ReleaseBody; ranLast: boolean }) {
  const { isCurrent, isTrusted, state } = release
  return (
    <>
      {isCurrent && <span class="tag">runs now</span>}
      {ranLast && <span class="tag">ran last</span>}
      {isTrusted && !isCurrent && <span class="tag">the way back</span>}
      {state === 'bad' && <span class="tag bad">bad</span>}
      {state === 'new' && !isCurrent && <span class="tag plain">never kept</span>}
    </>
  )
}
