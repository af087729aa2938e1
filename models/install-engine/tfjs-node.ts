import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TFJS_NODE_FOLDER } from '../src/engines/tfjs-node.ts'
import { ModelsError } from '../src/models-error.ts'
import { checkHost, libraryFor } from './library-host.ts'
import { type Output, run } from './run.ts'

const COMPARE = fileURLToPath(new URL('./compare.ts', import.meta.url))
const BUILDING = '.building-'
const NPM_LIMIT_MS = 10 * 60_000
/** The library is 400 MB, and the connection may be slow. */
const BUILD_LIMIT_MS = 60 * 60_000
const COMPARE_LIMIT_MS = 2 * 60_000

/**
 * Installs tfjs-node with its native library, or leaves everything as it was.
 * @param say told of each step
 * @throws ModelsError `engine_unavailable` (the environment's): why it cannot be had here, and what to do
 */
export async function installTfjsNode(say: (line: string) => void): Promise<void> {
  const library = libraryFor(process.platform, process.arch, process.env)
  say(`looking for TensorFlow's library at ${library.url.origin}`)
  await checkHost(library)

  const parent = dirname(TFJS_NODE_FOLDER)
  for (const left of await readdir(parent)) if (left.startsWith(BUILDING)) await remove(join(parent, left))
  const building = await mkdtemp(join(parent, BUILDING))
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      await copyFile(join(TFJS_NODE_FOLDER, file), join(building, file))
    }
    say('installing its packages (300 MB)')
    const npm = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], building, NPM_LIMIT_MS)
    if (npm.code !== 0) throw unavailable('npm cannot install its packages', npm)
    say('downloading the library (400 MB), building the binding')
    const build = await run(
      process.execPath,
      ['scripts/install.js'],
      packageIn(building),
      BUILD_LIMIT_MS,
      nodeHeaders(),
    )
    if (!existsSync(join(packageIn(building), 'lib'))) throw unavailable(reasonOf(build, building), build)
    say('comparing its features with those of wasm')
    const compared = await run(process.execPath, [COMPARE, `${building}/`], building, COMPARE_LIMIT_MS)
    if (compared.code !== 0) throw unavailable('it was built, but it does not do what the other engines do', compared)
    await remove(join(TFJS_NODE_FOLDER, 'node_modules'))
    await rename(join(building, 'node_modules'), join(TFJS_NODE_FOLDER, 'node_modules'))
  } finally {
    await remove(building)
  }
}

const packageIn = (folder: string) => join(folder, 'node_modules/@tensorflow/tfjs-node')
const remove = (path: string) => rm(path, { recursive: true, force: true })

/** The headers of the very Node that runs this, where its package brought them: else node-gyp downloads some. */
function nodeHeaders(): Record<string, string> {
  const root = dirname(dirname(process.execPath))
  return existsSync(join(root, 'include/node/node_api.h')) ? { npm_config_nodedir: root } : {}
}

/** What most often goes wrong between the library's host and a binding, by what the tools say of it. */
function reasonOf({ text }: Output, folder: string): string {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT/.test(text)) return 'the connection to the host broke'
  if (!existsSync(join(packageIn(folder), 'deps/lib'))) return 'what the host sent is no archive of the library'
  if (/not found: make|g\+\+: (not found|No such file)|find Python|command not found/i.test(text))
    return 'its binding has to be compiled, and this machine has no compiler: apt-get install g++ make python3'
  return 'its binding could not be built'
}

const MOST_LINES = 8

/** With what the tools say is wrong, or the end of what they say. */
function unavailable(reason: string, { text }: Output): ModelsError {
  const lines = text.trim().split('\n')
  const wrong = lines.filter((line) => /error|ERR!|fatal/i.test(line)).slice(0, MOST_LINES)
  const said = wrong.length > 0 ? wrong : lines.slice(-MOST_LINES)
  return new ModelsError('engine_unavailable', 'environment', [`${reason}:`, ...said].join('\n  '))
}
