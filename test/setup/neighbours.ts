import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Before all tests: brokers and databases to test against, from Debian's packages. Where they cannot be had the tests that
 * need them are skipped and say so, but for CI, where nothing is skipped (`needs.ts`).
 */
export default function setup() {
  try {
    execFileSync(fileURLToPath(new URL('./install-neighbours.sh', import.meta.url)), { stdio: 'inherit' })
  } catch (error) {
    if (process.env.CI) throw error
  }
}
