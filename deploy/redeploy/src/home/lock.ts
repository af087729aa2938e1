import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RedeployError } from '../step.ts'

/**
 * Makes this process the only one that changes releases. The lock is SQLite's: the kernel gives it back whatever way the
 * process ends.
 * @returns gives it back
 * @throws RedeployError `busy` where another process has it
 */
export function takeLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true })
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    // Whoever may read it can lock it as well, and stop redeploys for ever.
    chmodSync(path, 0o600)
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (!/locked|busy/i.test((error as Error).message)) throw error
    throw new RedeployError('busy', 'caller', 'a redeploy is under way: wait until it has ended')
  }
  return () => lock.close()
}
