import type { ReleaseBody } from '../../api/release-bodies.ts'

const DIGITS = 10
const MOST_SHOWN = 160

export const shortCommit = (commit: string) => commit.slice(0, DIGITS)

/** The first line of what may be many, short enough for a phone, and all that follows it; empty: nothing does. */
export function firstLineOf(text: string): { first: string; rest: string } {
  const all = text.trim()
  const [line = ''] = all.split('\n', 1)
  const lastGap = line.lastIndexOf(' ', MOST_SHOWN)
  const first = line.length > MOST_SHOWN ? line.slice(0, lastGap > 0 ? lastGap : MOST_SHOWN) : line
  return { first, rest: all.slice(first.length).trim() }
}

/** Who answers for it. */
export function signerInWords({ signer, state }: Pick<ReleaseBody, 'signer' | 'state'>): string {
  if (signer !== null) return signer
  return state === 'unknown' ? 'not known: it was installed by hand' : 'nobody'
}

/** The same as the begin of a sentence. */
export function originInWords(release: Pick<ReleaseBody, 'signer' | 'state'>): string {
  if (release.signer === null && release.state === 'unknown') return 'Installed by hand'
  return `Signed by ${signerInWords(release)}`
}

/** The one that was kept last, of those that still lie here. */
export function lastKept(releases: ReleaseBody[]): ReleaseBody | undefined {
  return releases
    .filter(({ deployedAt }) => deployedAt !== null)
    .toSorted((a, b) => Date.parse(b.deployedAt ?? '') - Date.parse(a.deployedAt ?? ''))[0]
}

/** Why no release runs. @param releases those that lie here */
export function whyCheckout(releases: ReleaseBody[]): string {
  if (lastKept(releases) !== undefined)
    return 'It has changed since the last deploy, or was asked for. The releases below stay, and can be deployed again.'
  const which = releases.length === 0 ? 'No release was deployed here yet' : 'No release was kept here so far'
  return `${which}: the first one that is kept runs in its place, until the checkout changes.`
}

/** What is done with a release that does not run. */
export interface Choice {
  action: string
  /** Then it is asked for with `force`. */
  isForced: boolean
}

/** @param current the release that runs; undefined: none of the list */
export function choiceOf(release: ReleaseBody, current: ReleaseBody | undefined): Choice {
  if (release.state === 'bad') return { action: 'Run it all the same', isForced: true }
  const ran = release.deployedAt !== null
  const isOlder = current !== undefined && (release.madeAt ?? '') < (current.madeAt ?? '')
  return { action: ran && isOlder ? 'Go back to it' : 'Run it', isForced: false }
}
