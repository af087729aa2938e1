/**
 * `npm run engine -- tfjs-node`: installs an engine that is no dependency of ours. All of it happens in a folder of its
 * own, which takes the engine's place only when the engine has shown that it gives the features that wasm gives:
 *
 *   reach the library's host -> npm ci -> download and build -> compare -> rename
 */
import { installTfjsNode } from './install-engine/tfjs-node.ts'
import { ModelsError } from './src/models-error.ts'

const INSTALLERS: Record<string, (say: (line: string) => void) => Promise<void>> = { 'tfjs-node': installTfjsNode }

const BAD_USE = 2
const FAILED = 1

const [name = ''] = process.argv.slice(2)
const install = INSTALLERS[name]
if (!install) {
  console.error(`Which engine? npm run engine -- NAME, with one of: ${Object.keys(INSTALLERS).join(', ')}`)
  process.exit(BAD_USE)
}
try {
  await install(console.log)
  console.log(`${name} works here. AJAR_ENGINE=${name} selects it.`)
} catch (error) {
  if (!(error instanceof ModelsError)) throw error
  console.error(`${name} cannot be installed here: ${error.message}\nNothing was changed.`)
  process.exit(FAILED)
}
