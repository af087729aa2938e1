import {
  constants,
  copyFileSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * `node copy-data.ts measure DATA_DIR`, which prints bytes, `copy DATA_DIR FOLDER`, `remove FOLDER`: what a start of the server
 * reads, but for frames, while another server writes it. Run as the user of the server.
 */

const COPIED = ['state.db{,-wal}', 'models/**/*']
/** A writer holds it for a moment. */
const BUSY_MS = 10_000

const [command = '', source = '', target = ''] = process.argv.slice(2)
process.umask(0o077)
if (command === 'measure') process.stdout.write(String(bytesOf(source)))
else if (command === 'copy') copy(source, target)
else if (command === 'remove') rmSync(source, { recursive: true, force: true })
else process.exit(2)

function bytesOf(dataDir: string): number {
  const sizes = globSync(COPIED, { cwd: dataDir }).map(
    (file) => lstatSync(join(dataDir, file), { throwIfNoEntry: false })?.size ?? 0,
  )
  return sizes.reduce((all, size) => all + size, 0)
}

function copy(dataDir: string, folder: string) {
  mkdirSync(folder)
  const database = join(dataDir, 'state.db')
  if (existsSync(database)) {
    const state = new DatabaseSync(database, { readOnly: true, timeout: BUSY_MS })
    state.prepare('vacuum into ?').run(join(folder, 'state.db'))
    state.close()
  }
  copyAll(join(dataDir, 'models'), join(folder, 'models'))
}

/**
 * Models come and go meanwhile: one that is gone is not among those that the copy of the state needs. A link leads where it led:
 * models may lie on another disk.
 */
function copyAll(from: string, to: string) {
  const is = lstatSync(from, { throwIfNoEntry: false })
  if (is?.isSymbolicLink()) unlessGone(() => symlinkSync(resolve(dirname(from), readlinkSync(from)), to))
  if (is?.isFile()) unlessGone(() => copyFileSync(from, to, constants.COPYFILE_FICLONE))
  if (!is?.isDirectory()) return
  mkdirSync(to)
  for (const name of unlessGone(() => readdirSync(from)) ?? []) copyAll(join(from, name), join(to, name))
}

function unlessGone<T>(act: () => T): T | null {
  try {
    return act()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return null
  }
}
