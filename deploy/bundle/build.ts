import { hash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BANNER, places } from './places.ts'
import { COMPILED, type Current, DIST, digestOf, freshChunk, ROOT } from './src/current.ts'

/**
 * `node build.ts`: makes one bundle of the processes that a watchdog starts again, unless the newest one is of just these
 * sources. A process then reads a few files instead of some two thousand; `src/enter.ts` says which it takes.
 */

const root = fileURLToPath(ROOT)
const dist = fileURLToPath(DIST)

/** Where a process begins, by the name that it enters with. */
const PROCESSES = {
  server: 'server/src/server-process.ts',
  worker: 'server/src/worker-process.ts',
  programs: 'server/src/programs-worker-process.ts',
  agent: 'edge-agent/src/agent-process.ts',
}
/** What pins the code of others, and what says how a bundle is made. */
const ALSO = ['pnpm-lock.yaml', 'deploy/bundle/build.ts', 'deploy/bundle/places.ts']
/** A running server starts its threads and processes from its own bundle, so the ones before stay a while. */
const KEPT = 2

/** @returns whether it was made */
export async function makeBundle(): Promise<boolean> {
  if (freshChunk('server')) return false
  const { rolldown } = await import('rolldown')
  await mkdir(dist, { recursive: true })
  const folder = await mkdtemp(join(dist, 'b-'))
  const sources: Current['sources'] = {}
  for (const path of ALSO) sources[path] = digestOf(await readFile(join(root, path)))
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(PROCESSES).map(([name, path]) => [name, join(root, path)])),
    platform: 'node',
    plugins: [
      {
        name: 'sources',
        // Of the very text that is bundled: what changes meanwhile makes the bundle stale, and never wrong.
        transform(text, id) {
          if (isOurs(id)) sources[relative(root, id)] = digestOf(Buffer.from(text))
        },
      },
      places(root, folder),
    ],
    logLevel: 'silent',
  })
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    banner: BANNER,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
  })
  await bundle.close()
  await chmod(folder, 0o755) // a temporary folder is its owner's alone; a server may run as another user
  const chunkOf = (path: string) =>
    output.find((chunk) => chunk.type === 'chunk' && chunk.facadeModuleId === join(root, path))?.fileName ?? ''
  const entries = Object.fromEntries(Object.entries(PROCESSES).map(([name, path]) => [name, chunkOf(path)]))
  await putForward(folder, { folder: nameOf(sources), entries, sources })
  return true
}

function isOurs(id: string): boolean {
  return id.startsWith(root) && !id.includes('/node_modules/')
}

/** The same sources give the same name, so a release of the same is the same. */
function nameOf(sources: Current['sources']): string {
  return hash('sha1', JSON.stringify(Object.entries(sources).sort()), 'hex').slice(0, 12)
}

/** From now on processes take this one. */
async function putForward(fresh: string, current: Current) {
  const said = join(fresh, 'current.json')
  await writeFile(said, JSON.stringify(current))
  await rename(said, join(dist, 'current.json.new'))
  // Where it is there already it is the same.
  await rename(fresh, join(dist, current.folder)).catch(() => rm(fresh, { recursive: true, force: true }))
  await rename(join(dist, 'current.json.new'), join(dist, 'current.json'))
  await rm(COMPILED, { recursive: true, force: true })
  const folders = (await readdir(dist, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && entry.name !== current.folder,
  )
  const aged = await Promise.all(
    folders.map(async ({ name }) => ({ name, at: (await stat(join(dist, name))).mtimeMs })),
  )
  for (const { name } of aged.sort((a, b) => b.at - a.at).slice(KEPT))
    await rm(join(dist, name), { recursive: true, force: true })
}

if (import.meta.main) {
  const startedAt = Date.now()
  if (await makeBundle())
    console.log(`The processes were bundled in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
}
