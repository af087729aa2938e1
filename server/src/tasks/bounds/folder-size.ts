import { type Dirent, lstatSync, opendirSync, type Stats } from 'node:fs'

/** So many files are a flood too; more are not looked at. */
export const MOST_FILES = 100_000
const BLOCK_BYTES = 512

export interface FolderSize {
  /** On the disk. */
  bytes: number
  files: number
  /** Of the largest file as it is read, holes and all. */
  largest: number
}

const SLASH = Buffer.from('/')

/**
 * What folders hold, with all that is in them. Follows no links, those in place of the folders neither; what goes while it is
 * read is not counted. What lies deeper than a path can say cannot be looked at, and is a flood of files as well.
 */
export function sizeOf(folders: readonly string[]): FolderSize {
  const size: FolderSize = { bytes: 0, files: 0, largest: 0 }
  const open = [...new Set(folders)].map((folder) => Buffer.from(folder)).filter(isFolder)
  const seen = new Set<string>() // of a file with more names, and of a folder within another
  for (let folder = open.pop(); folder !== undefined; folder = open.pop())
    for (const entry of entriesOf(folder)) {
      const path = Buffer.concat([folder, SLASH, entry.name])
      const stat = statOf(path)
      if (stat === 'too deep') return { ...size, files: MOST_FILES + 1 }
      if (!stat || seen.has(`${stat.dev}:${stat.ino}`)) continue
      if (stat.nlink > 1) seen.add(`${stat.dev}:${stat.ino}`)
      size.bytes += stat.blocks * BLOCK_BYTES
      if (stat.isFile()) size.largest = Math.max(size.largest, stat.size)
      if (++size.files > MOST_FILES) return size
      if (entry.isDirectory()) open.push(path)
    }
  return size
}

function isFolder(path: Buffer): boolean {
  const stat = statOf(path)
  return typeof stat === 'object' && stat.isDirectory()
}

/** Undefined: it went, its folder was closed to us, or its disk does not answer. */
function statOf(path: Buffer): Stats | 'too deep' | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG' ? 'too deep' : undefined
  }
}

/** Names as bytes: those that are no UTF-8 take room as well. */
function* entriesOf(folder: Buffer): Generator<Dirent<Buffer>> {
  let handle: ReturnType<typeof openFolder>
  try {
    handle = openFolder(folder)
  } catch {
    return // it went, or its owner closed it to us: what it then holds is bounded by the size of each file
  }
  try {
    for (let entry = handle.readSync(); entry; entry = handle.readSync()) yield entry
  } catch {
    // its disk does not answer
  } finally {
    handle.closeSync()
  }
}

/** Node gives names as it is told to, which its types do not know. */
function openFolder(folder: Buffer) {
  const encoding = 'buffer' as BufferEncoding
  return opendirSync(folder as unknown as string, { encoding }) as unknown as {
    readSync(): Dirent<Buffer> | null
    closeSync(): void
  }
}
