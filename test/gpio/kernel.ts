import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * A User-Mode-Linux kernel with simulated GPIO: Debian's source, as small as `uml.config` makes it. Kept in a folder outside
 * the checkout, by what it was built from: `AJAR_UML`, else `ajar-uml` in the user's cache.
 */

const SOURCE = '/usr/src/linux-source-6.1.tar.xz'
const CONFIG = fileURLToPath(new URL('./uml.config', import.meta.url))

function cache(): string {
  const { AJAR_UML, XDG_CACHE_HOME } = process.env
  return AJAR_UML ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ajar-uml')
}

/** A kernel of this config: the newest one, whatever the source, where the source is not installed (any more). */
export function cachedKernel(): string | null {
  if (existsSync(kernelFile())) return kernelFile()
  if (existsSync(SOURCE) || !existsSync(cache())) return null
  const kernels = readdirSync(cache())
    .filter((name) => name.startsWith(kernelName()))
    .sort()
  const newest = kernels.at(-1)
  return newest ? join(cache(), newest) : null
}

/** Why no kernel can be built or run here, in words, or null. */
export function whyNoKernel(): string | null {
  if (process.arch !== 'x64' || process.platform !== 'linux') return 'User-Mode Linux runs on x64 Linux alone'
  return cachedKernel() ? null : 'the kernel for it is not built yet: npm run test:gpio builds it, in about 4 minutes'
}

/** Builds the kernel where there is none; resolves to its path. Takes 2 GB of room meanwhile, and gives them back. */
export async function buildKernel(): Promise<string> {
  const kept = cachedKernel()
  if (kept) return kept
  if (!existsSync(SOURCE)) throw new Error(`${SOURCE} is missing: apt-get install linux-source-6.1`)
  await mkdir(cache(), { recursive: true })
  const folder = await mkdtemp(join(cache(), 'building-'))
  try {
    console.log(`Building a kernel with simulated GPIO in ${folder}; this takes about 4 minutes, once`)
    await run('tar', ['xf', SOURCE, '--strip-components=1'], folder)
    await makeRoomForTiles(folder)
    await run('make', ['-s', 'ARCH=um', `KCONFIG_ALLCONFIG=${CONFIG}`, 'allnoconfig'], folder)
    await refuseLacking(join(folder, '.config'))
    await run('make', ['-s', 'ARCH=um', '-j2', 'linux'], folder)
    await rename(join(folder, 'linux'), kernelFile())
    console.log(`Built ${kernelFile()}, ${Math.round((await stat(kernelFile())).size / 1e6)} MB`)
    return kernelFile()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The source has room for the registers of AVX-512, 2696 bytes, and the host takes all of them or none: with those of AMX, which
 * Intel's servers have since 2023, they are 11008. Where a later source has its own way, there is nothing to do.
 */
async function makeRoomForTiles(folder: string): Promise<void> {
  const path = join(folder, 'arch/x86/um/user-offsets.c')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('DEFINE_LONGS(HOST_FP_SIZE, 2696)', 'DEFINE_LONGS(HOST_FP_SIZE, 11008)'))
}

/** The kernel's configurator leaves out without a word what it does not know or what depends on something else. */
async function refuseLacking(written: string): Promise<void> {
  const got = (await readFile(written, 'utf8')).split('\n')
  const wanted = (await readFile(CONFIG, 'utf8')).split('\n').filter((line) => line.startsWith('CONFIG_'))
  const lacking = wanted.filter((line) => !got.includes(line))
  if (lacking.length > 0) throw new Error(`this source cannot be configured so: ${lacking.join(', ')}`)
}

function kernelFile(): string {
  const { stdout } = spawnSync('dpkg-query', ['-s', 'linux-source-6.1'], { encoding: 'utf8' })
  const version = /^Version: ([\w.+~:-]+)$/m.exec(stdout ?? '')?.[1] ?? 'unknown'
  return join(cache(), `${kernelName()}${version}`)
}

function kernelName(): string {
  return `linux-${createHash('sha256').update(readFileSync(CONFIG)).digest('hex').slice(0, 16)}-`
}

/** Politely: whoever builds a kernel has other things running. */
async function run(program: string, args: string[], folder: string): Promise<void> {
  const child = spawn('nice', ['-n', '10', program, ...args], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed in ${folder}: exit code ${code}`)
}
