import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
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
import { neededBy } from './workspace.ts'

/**
 * `node make-release.ts RELEASES`: copies what runs from this checkout into a folder of RELEASES, named after
 * the digest of its files, and prints that name. A complete one that is there is left as it is: so a release never changes, and a
 * second installation of the same does nothing. What it does not copy: tests, data, and packages that only build or test.
 */

const ROOT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)))
/** Its last file. */
const COMPLETE = 'complete'
const RUNS = '@ajar/server'

function makeRelease(releases: string): string {
  // The root package brings Node itself.
  const nodes = Object.keys(manifest().optionalDependencies)
  const packages = [{ folder: '', dependencies: nodes, optional: nodes }, ...neededBy(RUNS, ROOT)]
  const files = filesOf(packages.slice(1), ROOT)
  const installed = findInstalled(packages, ROOT)
  const id = `server-${manifest().version}-${digestOf(files, installed)}`
  const release = join(releases, id)
  if (existsSync(join(release, COMPLETE))) return id
  // Made aside and then put in place: half a release never has its name.
  const fresh = join(releases, `.${id}.new`)
  rmSync(fresh, { recursive: true, force: true })
  copyRelease(files, installed, fresh)
  // On the disk before it has its name: a power cut after that leaves no empty files in it.
  execFileSync('sync', ['--file-system', fresh])
  writeFileSync(join(fresh, COMPLETE), `${id}\n`)
  putInPlace(fresh, release)
  return id
}

function copyRelease(files: string[], installed: Installed, fresh: string) {
  for (const file of files) {
    mkdirSync(join(fresh, dirname(file)), { recursive: true })
    copyFileSync(join(ROOT, file), join(fresh, file))
  }
  copyInstalled(installed, ROOT, fresh)
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

const [releases = ''] = process.argv.slice(2)
if (releases === '') {
  process.stderr.write('node make-release.ts RELEASES\n')
  process.exit(2)
}
try {
  console.log(makeRelease(releases))
} catch (error) {
  console.error(`ajar: ${(error as Error).message}`)
  process.exit(1)
}
