import { createHash } from 'node:crypto'
import { chmod, glob, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the folder was built from; inside it, so that both come at once. */
const STAMP = 'sources.sha256'

export interface Build {
  /** The package that builds. A folder cannot be renamed to another disk, so what is built stands in its node_modules first. */
  root: string
  /** Patterns within `root` of all files that what is built depends on. */
  sources: string[]
  /** Where it is put. */
  dist: string
  /** Fills an empty folder. */
  make(fresh: string): Promise<void>
}

/**
 * Builds a folder unless it stands there built from the same sources. It is built aside and then put in place, so that a
 * server never serves half of it.
 * @returns whether it was built
 * @throws what `make` throws; then nothing has changed
 */
export async function buildOnce({ root, sources, dist, make }: Build): Promise<boolean> {
  const digest = await digestOf(root, sources)
  if ((await stampOf(dist)) === digest) return false
  const fresh = await mkdtemp(join(root, 'node_modules', '.building-'))
  try {
    await make(fresh)
    await writeFile(join(fresh, STAMP), digest)
    await chmod(fresh, 0o755) // a temporary folder is its owner's alone; a server may run as another user
    await putInPlace(fresh, dist)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return true
}

async function digestOf(root: string, sources: string[]): Promise<string> {
  const names: string[] = []
  const exclude = (entry: { name: string }) => entry.name === 'node_modules'
  for await (const entry of glob(sources, { cwd: root, withFileTypes: true, exclude }))
    if (entry.isFile()) names.push(join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const name of names.sort()) {
    const bytes = await readFile(name)
    hash.update(`${name.slice(root.length)} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

function stampOf(dist: string): Promise<string | null> {
  return readFile(join(dist, STAMP), 'utf8').catch(() => null)
}

/**
 * A folder cannot be renamed onto a full one: the old one steps aside first. One that is part of a container's image cannot
 * be renamed at all (EXDEV, "Renaming directories" in the kernel's overlayfs.rst): it is removed.
 */
async function putInPlace(fresh: string, dist: string) {
  const old = `${fresh}-old`
  await rename(dist, old).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EXDEV') await rm(dist, { recursive: true })
    else if (error.code !== 'ENOENT') throw error
  })
  // Where another build came first, that one stays.
  await rename(fresh, dist).catch(unless('ENOTEMPTY'))
  await rm(old, { recursive: true, force: true })
}

function unless(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error
  }
}
