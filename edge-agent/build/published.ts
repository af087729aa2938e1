import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Of other machines than this one, so no install brings them; kept from one build to the next. */
const CACHE = fileURLToPath(new URL('../node_modules/.published/', import.meta.url))
const LOCK = new URL('../../pnpm-lock.yaml', import.meta.url)
const LIMIT_MS = 600_000

/**
 * The folder of a published package, whatever machine it is for. It comes from the npm registry, by npm with its settings, and
 * must have the digest that is pinned: in pnpm-lock.yaml, or in `integrity` where nothing here depends on it.
 * @throws Error where it cannot be had, or is another than the one that is pinned
 */
export async function published(name: string, version: string, integrity?: string): Promise<string> {
  const pinned = integrity ?? (await lockedIntegrity(name, version))
  const folder = join(CACHE, `${name.replace('/', '+')}@${version}-${hash('sha1', pinned, 'hex').slice(0, 8)}`)
  if (existsSync(folder)) return join(folder, 'package')
  await mkdir(CACHE, { recursive: true })
  const fresh = await mkdtemp(join(CACHE, '.new-'))
  try {
    const asked = ['pack', `${name}@${version}`, '--json', '--pack-destination', fresh]
    const { stdout } = await run('npm', asked, { cwd: fresh, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 })
    const [{ filename }] = JSON.parse(stdout)
    const packed = join(fresh, filename.replace('@', '').replace('/', '-'))
    const found = `sha512-${hash('sha512', await readFile(packed), 'base64')}`
    if (found !== pinned) throw new Error(`${name}@${version} is not the one that is pinned: ${found}, not ${pinned}`)
    await run('tar', ['-xzf', packed, '-C', fresh])
    await rm(packed)
    await rename(fresh, folder).catch(() => {}) // another build was quicker
    return join(folder, 'package')
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function lockedIntegrity(name: string, version: string): Promise<string> {
  const lock = await readFile(LOCK, 'utf8')
  const at = lock.search(new RegExp(`^  '?${name}@${version}'?:$`, 'm'))
  const [, integrity] = /integrity: (\S+)\}/.exec(at < 0 ? '' : lock.slice(at, at + 400)) ?? []
  if (integrity === undefined) throw new Error(`pnpm-lock.yaml does not pin ${name}@${version}`)
  return integrity
}
