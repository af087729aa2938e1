import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeDurably, writeDurably } from '../../home/durable.ts'
import type { Home } from '../../home/home.ts'
import { RedeployError } from '../../step.ts'
import { run } from './systemctl.ts'

/** What makes the units of a release, and their drop-ins: the same files make the same units. */
const SOURCES = 'deploy/{install.sh,systemd/*,release/*}'
/** It asks the release what the settings say, and writes some files. */
const LIMIT_MS = 120_000

/**
 * The units that are in place. Which release they are of stands in `redeploy/units`, as the digest of what made them: most
 * releases have the units of the one before, and going back is quick.
 */
export function unitsOf(home: Home) {
  const marker = join(home.folder, 'redeploy/units')
  return {
    /**
     * Brings those of `release`, a folder, in place, where they differ. What runs is not restarted.
     * @throws RedeployError `units_refused` where the release cannot work with the settings
     */
    async bring(release: string) {
      const digest = digestOf(release)
      if (read(marker) === digest) return
      removeDurably(marker)
      await run(join(release, 'deploy/install.sh'), ['--units'], LIMIT_MS).catch((error: Error) => {
        throw new RedeployError('units_refused', 'release', `its units cannot be brought in place: ${error.message}`)
      })
      writeDurably(marker, digest)
    },
  }
}

function digestOf(release: string): string {
  const hash = createHash('sha256')
  for (const file of globSync(SOURCES, { cwd: release }).sort()) {
    const bytes = readFileSync(join(release, file))
    hash.update(`${file} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
