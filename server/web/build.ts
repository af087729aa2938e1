import { createHash } from 'node:crypto'
import { chmod, glob, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

/** Where the server finds the built console. */
const DIST = fileURLToPath(new URL('dist', import.meta.url))

const WEB = fileURLToPath(new URL('.', import.meta.url))
const SOURCES = ['src/**/*', 'public/**/*', 'index.html', 'vite.config.ts', 'build.ts', 'package.json']
/** What dist was built from; inside it, so that both come at once. */
const STAMP = 'sources.sha256'
/** What browsers take compressed; pictures are so already. */
const TEXT = '**/*.{html,js,css,svg,webmanifest}'

/**
 * Builds the console unless it stands there built from the same sources. It is built aside and then put in place, so that
 * a server never serves half of it.
 * @param dist where it is put
 * @returns whether it was built
 * @throws Error of Vite that names the source at fault
 */
export async function buildConsole(dist = DIST): Promise<boolean> {
  const digest = await digestOfSources()
  if ((await stampOf(dist)) === digest) return false
  const { build } = await import('vite')
  const fresh = await mkdtemp(join(WEB, 'node_modules', '.console-'))
  try {
    await build({
      root: WEB,
      logLevel: 'warn',
      build: { outDir: fresh, emptyOutDir: true, reportCompressedSize: false },
    })
    await compress(fresh)
    await writeFile(join(fresh, STAMP), digest)
    await chmod(fresh, 0o755) // a temporary folder is its owner's alone; a server may run as another user
    await putInPlace(fresh, dist)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return true
}

async function digestOfSources(): Promise<string> {
  const names: string[] = []
  for await (const entry of glob(SOURCES, { cwd: WEB, withFileTypes: true }))
    if (entry.isFile()) names.push(join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const name of names.sort()) {
    const bytes = await readFile(name)
    hash.update(`${name.slice(WEB.length)} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

function stampOf(dist: string): Promise<string | null> {
  return readFile(join(dist, STAMP), 'utf8').catch(() => null)
}

/** Once, and as small as it gets, instead of with every request. */
async function compress(folder: string) {
  for await (const name of glob(TEXT, { cwd: folder })) {
    const file = join(folder, name)
    const text = await readFile(file)
    await writeFile(`${file}.br`, await promisify(brotliCompress)(text))
    await writeFile(`${file}.gz`, await promisify(gzip)(text, { level: 9 }))
  }
}

/** A folder cannot be renamed onto a full one: the old one steps aside first. */
async function putInPlace(fresh: string, dist: string) {
  const old = `${fresh}-old`
  await rename(dist, old).catch(unless('ENOENT'))
  // Where another build came first, that one stays.
  await rename(fresh, dist).catch(unless('ENOTEMPTY'))
  await rm(old, { recursive: true, force: true })
}

function unless(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error
  }
}

if (import.meta.main) {
  const startedAt = Date.now()
  if (await buildConsole()) console.log(`The console was built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
}
