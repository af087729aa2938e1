import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BoundedCommand, BoundsError } from './bounded.ts'

/** What is laid over folders, so that a command sees nothing of them but what it is shown. */
export interface Covers {
  /** Folders to be held open meanwhile, by descriptor: below them is found what was covered. */
  opens: { descriptor: number; folder: string }[]
  /** Lines of fstab(5). */
  table: string
}

/** Where programs leave what is nobody's: each command has its own, empty ones, which go with it. */
const TEMPORARY = ['/tmp', '/var/tmp', '/dev/shm']
/** What runs tasks, of this release, with the package that they import. */
const OURS = [fileURLToPath(new URL('../../../../', import.meta.url)), process.execPath]
/** Those of the keeper's shell that are free, of which it knows ten. */
const DESCRIPTORS = [8, 9, 3, 6]

type Covered = Pick<BoundedCommand, 'folder' | 'writes' | 'hidden' | 'shown' | 'limits'> & {
  command: readonly string[]
}

/**
 * Covers hidden and temporary folders. What is shown of them is bound to where it was; a folder that is shown as a whole
 * stays as it is, as the working directory `/tmp` does.
 */
export function coversOf({ folder, writes, hidden, shown, command, limits }: Covered): Covers {
  const temporary = new Set(TEMPORARY.flatMap(folderOf))
  // Together these take no more than it may have of memory, where that is what the kernel counts them as.
  const bytes = Math.floor(limits.memoryBytes / TEMPORARY.length)
  const layers = layersOf(
    [...temporary, ...hidden.flatMap(folderOf)],
    [...OURS, folder, ...writes, ...shown, ...command],
  )
  const opens: Covers['opens'] = []
  const lines: string[] = []
  for (const { path, from } of layers) {
    if (from === null) {
      const options = temporary.has(path) ? `size=${bytes},mode=1777` : 'size=4k,mode=0555'
      lines.push(`ajar ${escaped(path)} tmpfs nosuid,nodev,${options} 0 0`)
      continue
    }
    let open = opens.find((each) => each.folder === from)
    if (!open) {
      const descriptor = DESCRIPTORS[opens.length]
      if (descriptor === undefined) throw new BoundsError(`too many folders would be hidden at a time, as ${from}`)
      open = { descriptor, folder: from }
      opens.push(open)
    }
    const source = `/proc/self/fd/${open.descriptor}/${relative(from, path)}`
    lines.push(`${escaped(source)} ${escaped(path)} none rbind,X-mount.mkdir 0 0`)
  }
  // Once all that is shown has a place to be bound to.
  for (const { path, from } of layers)
    if (from === null && !temporary.has(path)) lines.push(`none ${escaped(path)} none remount,bind,ro,nosuid,nodev 0 0`)
  return { opens, table: lines.map((line) => `${line}\n`).join('') }
}

/** A folder that is covered, or one that is shown of what was: `from` is then the one that lies over it. */
interface Layer {
  path: string
  from: string | null
}

/** In the order in which they are laid over one another. */
function layersOf(covered: string[], shown: string[]): Layer[] {
  const shows = new Set(shown.flatMap(folderOf))
  const layers: Layer[] = []
  for (const path of [...new Set([...covered, ...shows])].sort((a, b) => a.length - b.length)) {
    const above = layers.findLast((layer) => isBelow(path, layer.path)) // the nearest, for the longer ones come later
    const isHidden = above?.from === null
    if (shows.has(path)) {
      if (above && isHidden) layers.push({ path, from: above.path })
    } else if (!isHidden) layers.push({ path, from: null })
  }
  return layers
}

/** Behind all links: of a file the one that it lies in; none where there is nothing, or what is no path. */
function folderOf(path: string): string[] {
  if (!path.startsWith('/') || !existsSync(path)) return []
  const real = realpathSync(path)
  return [statSync(real).isDirectory() ? real : dirname(real)]
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder === sep ? sep : folder + sep) && path !== folder
}

function escaped(path: string): string {
  return path.replaceAll(/[\\ \t\n]/g, (each) => `\\${each.charCodeAt(0).toString(8).padStart(3, '0')}`)
}
