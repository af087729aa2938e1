import { linkRelease } from '../home/releases.ts'
import type { Step } from '../step.ts'
import { releaseOf } from './release-of.ts'

/** Has `current` lead to the new release. What it needs, such as units, is there first. */
export const step: Step = async ({ home, host, run }) => {
  const release = releaseOf(run)
  await host.prepare(`${home.releases}/${release}`)
  linkRelease(home.current, release)
}
