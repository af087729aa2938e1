import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Whatever a release is made of. */
const SOURCES = [
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  '{server,broker,images,models,edge-agent,deploy}/**/*',
]
/** Made of those, or not part of what runs. */
const NOT_SOURCE = new Set(['node_modules', 'dist', 'data', 'test'])

/** Says how a checkout is: its commit, and the bytes of all that runs of it. The same again means that nobody changed it. */
export async function fingerprintOf(checkout: string): Promise<string> {
  return `${await headOf(checkout)} ${await digestOf(checkout)}`
}

/** A copy without git, or a machine without it, has no commit. */
async function headOf(checkout: string): Promise<string> {
  try {
    const head = ['-C', checkout, 'rev-parse', '--verify', '--end-of-options', 'HEAD']
    const { stdout } = await promisify(execFile)('git', head, { timeout: 10_000 })
    return stdout.trim()
  } catch {
    return '-'
  }
}

async function digestOf(checkout: string): Promise<string> {
  const exclude = ({ name }: { name: string }) => NOT_SOURCE.has(name)
  const files: string[] = []
  for await (const entry of glob(SOURCES, { cwd: checkout, withFileTypes: true, exclude }))
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const bytes = await readFile(file)
    hash.update(`${file.slice(checkout.length)} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}
