import type { Home } from '../home/home.ts'
import { noteRelease, readLedger } from '../home/ledger.ts'
import { changePending, pendingOf, removePending } from '../home/pending.ts'
import { completeAt, isComplete, linkRelease } from '../home/releases.ts'
import type { Step } from '../step.ts'
import { tidyReleases } from '../tidy.ts'

/** It stays: the redeployer itself runs from it from now on. Done again from its start after a kill. */
export const step: Step = async (context) => {
  const { home, change, log } = context
  const { release, from } = pendingOf(home)
  changePending(home, { phase: 'keep' })
  if (from !== null) noteBefore(home, from)
  noteRelease(home, release, { state: 'good', reason: null, deployedAt: Date.now() })
  linkRelease(home.trusted, release)
  await tidyReleases(context)
  log('info', `${release} is kept`)
  // Before the note of it goes: a kill in between finds a run that has ended.
  change({ state: 'kept', progress: 1, endedAt: Date.now() })
  removePending(home)
}

/** The installer brings releases too, and notes none: what ran until now may be gone back to. */
function noteBefore(home: Home, from: string) {
  const known = readLedger(home)[from]
  if (!isComplete(home, from) || (known && known.state !== 'new')) return
  noteRelease(home, from, { state: 'good', madeAt: known?.madeAt ?? completeAt(home, from) })
}
