import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CODE_DOCS, filesOf } from './files.ts'
import { copyInstalled, filesOfStored, findInstalled, type Installed } from './installed.ts'
import { copyFile, linkFile, type PutFile } from './put-file.ts'
import { neededBy, type WorkspacePackage } from './workspace.ts'

/**
 * `node make-release.ts RELEASES [--link]`: copies what runs from this checkout into a folder of RELEASES, named after
 * the digest of its files, and prints that name. A complete one that is there is left as it is: so a release never changes, and a
 * second installation of the same does nothing. What it does not copy: tests, data, and packages that only build or test.
 *
 * With `--link` files are not copied where a second name for them will do: for a checkout that is thrown away afterwards.
 */

const ROOT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)))
/** Its last file. */
const COMPLETE = 'complete'
/** The redeployer runs from the release that was kept last, so each has one. */
const RUNS = ['@ajar/server', '@ajar/redeploy']

function makeRelease(releases: string, put: PutFile): string {
  // The root package brings Node itself.
  const nodes = Object.keys(manifest().optionalDependencies)
  const root: WorkspacePackage = { folder: '', dependencies: nodes, optional: nodes }
  const packages = neededBy(RUNS, ROOT)
  const files = filesOf(packages, ROOT)
  const installed = findInstalled([root, ...packages], ROOT)
  const id = `server-${manifest().version}-${digestOf(files, installed)}`
  const release = join(releases, id)
  if (existsSync(join(release, COMPLETE))) return id
  // Made aside and then put in place: half a release never has its name.
  const fresh = join(releases, `.${id}.new`)
  rmSync(fresh, { recursive: true, force: true })
  copyRelease(files, installed, fresh, put)
  // On the disk before it has its name: a power cut after that leaves no empty files in it.
  execFileSync('sync', ['--file-system', fresh])
  writeFileSync(join(fresh, COMPLETE), `${id}\n`)
  putInPlace(fresh, release)
  return id
}

function copyRelease(files: string[], installed: Installed, fresh: string, put: PutFile) {
  for (const file of files) {
    mkdirSync(join(fresh, dirname(file)), { recursive: true })
    put(join(ROOT, file), join(fresh, file))
  }
  copyInstalled(installed, ROOT, fresh, put)
  linkNode(fresh)
}

/** What stands there without its mark steps aside. */
function putInPlace(fresh: string, release: string) {
  const old = `${fresh.slice(0, -'.new'.length)}.old.new`
  rmSync(old, { recursive: true, force: true })
  if (existsSync(release)) renameSync(release, old)
  renameSync(fresh, release)
  rmSync(old, { recursive: true, force: true })
}

/** Units name one path, whatever package Node comes in: `bin/node`. */
function linkNode(release: string) {
  const inRelease = join(release, relative(ROOT, realpathSync(process.execPath)))
  if (!existsSync(inRelease)) throw new Error(`run this with the Node of the checkout, not with ${process.execPath}`)
  mkdirSync(join(release, 'bin'))
  symlinkSync(relative(join(release, 'bin'), inRelease), join(release, 'bin/node'))
}

/** The lockfile is among the files: with it, the packages of others are named too. The reference of the code may be built later. */
function digestOf(files: string[], { stored }: Installed): string {
  const hash = createHash('sha256').update(`${process.arch}\n`)
  for (const line of filesOfStored(stored, ROOT)) hash.update(`${line}\n`)
  for (const file of files.filter((file) => !file.startsWith(CODE_DOCS))) {
    const bytes = readFileSync(join(ROOT, file))
    hash.update(`${file} ${lstatSync(join(ROOT, file)).mode & 0o111} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex').slice(0, 12)
}

function manifest(): { version: string; optionalDependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
}

const [releases = '', how, ...more] = process.argv.slice(2)
if (releases === '' || (how !== undefined && how !== '--link') || more.length > 0) {
  process.stderr.write('node make-release.ts RELEASES [--link]\n')
  process.exit(2)
}
try {
  console.log(makeRelease(releases, how === '--link' ? linkFile : copyFile))
} catch (error) {
  console.error(`ajar: ${(error as Error).message}`)
  process.exit(1)
}
