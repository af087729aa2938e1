import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Before all tests: brokers and databases to test against, from Debian's packages. */
export default function setup() {
  execFileSync(fileURLToPath(new URL('./install-neighbours.sh', import.meta.url)), { stdio: 'inherit' })
}
