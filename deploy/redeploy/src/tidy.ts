import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { attempt } from './despite-failure.ts'
import { removeHalfReleases, removeOldReleases } from './home/releases.ts'
import { rehearsalData } from './rehearsal/rehearsal-data.ts'
import type { StepContext } from './step.ts'

/** Gives back the room that a redeploy has taken, however it ended: also one that was killed. None is under way. What stays is tried again. */
export async function tidy({ home, host, log }: Pick<StepContext, 'home' | 'host' | 'log'>) {
  await attempt(log, 'removing the data of a rehearsal', async () => rehearsalData(await host.dataDir()).remove())
  await attempt(log, 'removing half a release', () => removeHalfReleases(home))
  // Last: as long as it is there, the next boot starts a redeployer.
  if (existsSync(home.work))
    await attempt(log, 'removing what was laid out', () =>
      rm(home.work, { recursive: true, force: true, maxRetries: 5 }),
    )
}

/** Each release that is made takes room, whether it is kept or not. */
export async function tidyReleases({ home, settings, log }: Pick<StepContext, 'home' | 'settings' | 'log'>) {
  await attempt(log, 'removing old releases', async () => {
    const removed = await removeOldReleases(home, settings.kept)
    if (removed.length > 0) log('info', `removed ${removed.join(', ')}: ${settings.kept} releases stay`)
  })
}
