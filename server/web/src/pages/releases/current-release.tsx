import type { ReleaseBody } from '../../api/release-bodies.ts'
import { Age } from '../../design/elements.tsx'
import { shortCommit, signerInWords, whyCheckout } from './release.ts'

interface CurrentReleaseProps {
  /** Null: a checkout runs. */
  id: string | null
  /** What is known of it. */
  release: ReleaseBody | undefined
  /** It was switched to, and may still go back. */
  isOnTrial: boolean
  /** All that lie on this machine. */
  releases: ReleaseBody[]
}

/** What runs now, and who answers for it. */
export function CurrentRelease({ id, release, isOnTrial, releases }: CurrentReleaseProps) {
  return (
    <section class="card part" aria-labelledby="current">
      <h2 id="current">What runs now</h2>
      {id === null ? (
        <p class="hint">The checkout that the server was started from. {whyCheckout(releases)}</p>
      ) : (
        <>
          <p class="version">
            {release?.version ?? id} {isOnTrial && <span class="tag warn">on trial</span>}
          </p>
          {release ? <Facts release={release} /> : <p class="hint">Nothing else is known of it.</p>}
        </>
      )}
    </section>
  )
}

function Facts({ release }: { release: ReleaseBody }) {
  const { id, ref, commit, deployedAt, madeAt } = release
  return (
    <dl class="facts">
      <dt>Signed by</dt>
      <dd>{signerInWords(release)}</dd>
      {ref !== null && (
        <>
          <dt>Asked for as</dt>
          <dd>{ref}</dd>
        </>
      )}
      {commit !== null && (
        <>
          <dt>Commit</dt>
          <dd>
            <code title={commit}>{shortCommit(commit)}</code>
          </dd>
        </>
      )}
      {madeAt !== null && (
        <>
          <dt>Made</dt>
          <dd>
            <Age at={Date.parse(madeAt)} />
          </dd>
        </>
      )}
      <dt>Deployed</dt>
      <dd>{deployedAt === null ? 'never' : <Age at={Date.parse(deployedAt)} />}</dd>
      <dt>Id</dt>
      <dd>
        <code>{id}</code>
      </dd>
    </dl>
  )
}
