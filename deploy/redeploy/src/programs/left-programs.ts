import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** In the environment of each program that a redeployer runs, and so of whatever that starts: which home it works on. */
const MARK = 'AJAR_PROGRAM_OF'
const LIMIT_MS = 5000
const LOOK_MS = 20

export function markOf({ AJAR_DEPLOY_DIR: folder }: NodeJS.ProcessEnv): Record<string, string> {
  return folder ? { [MARK]: folder } : {}
}

/**
 * Ends what a redeployer that was killed has left running: a git or pnpm that still writes where the next one begins. Whoever
 * calls it holds the lock, so no other redeployer lives whose programs they could be. Where there is no /proc, none is found.
 * @throws Error where one does not end
 */
export async function endLeftPrograms(folder: string) {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const left = killPrograms(folder)
    if (left.length === 0) return
    if (waitedMs >= LIMIT_MS) throw new Error(`processes of the redeploy before do not end: ${left.join(', ')}`)
    await delay(LOOK_MS)
  }
}

/** @returns the processes that were there */
export function killPrograms(folder: string): number[] {
  const left = processes().filter((pid) => `\0${environmentOf(pid)}`.includes(`\0${MARK}=${folder}\0`))
  for (const pid of left) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it has ended just now
    }
  }
  return left
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** Empty where it has ended, or is another user's. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
