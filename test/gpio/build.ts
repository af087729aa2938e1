import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { buildKernel, cachedKernel } from './kernel.ts'

/** The first half of `npm run test:gpio`: installs what a kernel is built with, and builds it where it is not kept. */
if (!cachedKernel()) {
  const install = fileURLToPath(new URL('../setup/install-neighbours.sh', import.meta.url))
  execFileSync(install, ['kernel'], { stdio: 'inherit' })
}
console.log(`The kernel of the GPIO tests: ${await buildKernel()}`)
