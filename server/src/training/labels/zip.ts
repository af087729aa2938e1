import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { ImportError } from './import-messages.ts'

export interface ZipLimits {
  /** What all entries may come to when they are inflated, by what they say and by what they are. */
  maxTotalBytes: number
}

export const MOST_ENTRIES = 20_000
/** No picture shrinks that much: what does is made to fill a memory or a disk. */
const MOST_RATIO = 100
/** Small files of zeros harm nobody. */
const RATIO_FROM_BYTES = 1024 * 1024
const FILE_TYPE = 0o170000
const SYMLINK = 0o120000
const NESTED = /\.(zip|jar|7z|rar|tar|tgz|gz|bz2|xz)$/i

/**
 * A zip that a stranger may have made: its list of files is read and judged before anything in it is. Names never become
 * paths on a disk; they are judged all the same, for whoever writes `../` into them means no good.
 */
export class Zip {
  readonly #zip: ZipFile
  /** Its files, without folders and without what systems hide in zips, by name. */
  readonly entries: readonly Entry[]

  private constructor(zip: ZipFile, entries: Entry[]) {
    this.#zip = zip
    this.entries = entries
  }

  /** @throws ImportError `bad_zip`, `bad_entry`, `too_many_entries`, `zip_bomb` */
  static async open(path: string, { maxTotalBytes }: ZipLimits): Promise<Zip> {
    const zip = await openPromise(path, { autoClose: false, strictFileNames: true }).catch((error: Error) => {
      throw new ImportError('bad_zip', `this is no zip, or not all of it (${error.message}): pack and send it again`)
    })
    try {
      if (zip.entryCount > MOST_ENTRIES)
        throw new ImportError(
          'too_many_entries',
          `${zip.entryCount} files are in the zip, at most ${MOST_ENTRIES} are taken at once: send it in parts`,
        )
      const all = await list(zip)
      refuseBomb(all, zip.fileSize, maxTotalBytes)
      const files = all.filter(({ fileName }) => !isFolder(fileName) && !isHidden(fileName))
      for (const entry of files) refuseBad(entry)
      refuseTwice(files)
      return new Zip(zip, files.sort(byName))
    } catch (error) {
      zip.close()
      throw error
    }
  }

  close() {
    this.#zip.close()
  }

  /**
   * Inflates a file without keeping it, where it is not as it stands in the zip.
   * @throws ImportError where it is more, or less, than it says: what lies about that is not to be trusted in anything
   */
  async probe(entry: Entry): Promise<void> {
    if (entry.compressionMethod === 0) return // how much that is was compared when the list was read
    try {
      for await (const _ of await this.#zip.openReadStreamPromise(entry));
    } catch (error) {
      const { message } = error as Error
      if (!isDamage(error)) throw liar(entry, message)
    }
  }

  /** The bytes of a file, or why there are none. @throws ImportError as `probe` */
  async read(entry: Entry): Promise<Uint8Array | string> {
    try {
      const bytes = await buffer(await this.#zip.openReadStreamPromise(entry))
      return crc32(bytes) === entry.crc32 ? bytes : 'it is damaged: its checksum is wrong'
    } catch (error) {
      if (isDamage(error)) return `it is damaged: ${(error as Error).message}`
      throw liar(entry, (error as Error).message)
    }
  }
}

async function list(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = []
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry)
    return entries
  } catch (error) {
    const { message } = error as Error
    if (/^(invalid characters in fileName|absolute path|invalid relative path)/.test(message))
      throw new ImportError('bad_entry', `a name in the zip is none (${message}): pack the folder itself`)
    throw new ImportError('bad_zip', `the zip's list of files cannot be read (${message}): pack and send it again`)
  }
}

/** By what the list says; `probe` and `read` find out where it lies. */
function refuseBomb(entries: Entry[], zipBytes: number, mostBytes: number) {
  let [packed, inflated] = [0, 0]
  for (const { fileName, compressedSize, uncompressedSize } of entries) {
    packed += compressedSize
    inflated += uncompressedSize
    if (uncompressedSize > RATIO_FROM_BYTES && uncompressedSize > MOST_RATIO * compressedSize)
      throw new ImportError(
        'zip_bomb',
        `${shown(fileName)} would become ${uncompressedSize} bytes of ${compressedSize}`,
      )
  }
  if (packed > zipBytes)
    throw new ImportError('zip_bomb', 'files in the zip lie upon one another: it is made to deceive')
  if (inflated > mostBytes)
    throw new ImportError('zip_bomb', `it would become ${inflated} bytes, at most ${mostBytes} are taken`)
}

function refuseBad(entry: Entry) {
  const { fileName, externalFileAttributes } = entry
  const name = shown(fileName)
  const bad = (why: string) => new ImportError('bad_entry', `${name} ${why}`)
  if (fileName.includes('\0')) throw bad('has a NUL in its name')
  if (((externalFileAttributes >>> 16) & FILE_TYPE) === SYMLINK) throw bad('is a symbolic link: put the picture there')
  if (entry.isEncrypted()) throw bad('is encrypted: pack it without a password')
  if (NESTED.test(fileName)) throw bad('is an archive within the zip: unpack it first')
  if (!entry.canDecodeFileData()) throw bad('is compressed by a method that is not read: take Deflate, or none')
}

function refuseTwice(entries: Entry[]) {
  const names = new Set<string>()
  for (const { fileName } of entries) {
    if (names.has(fileName)) throw new ImportError('bad_entry', `${shown(fileName)} is in the zip twice`)
    names.add(fileName)
  }
}

function liar({ fileName }: Entry, why: string): ImportError {
  return new ImportError('zip_bomb', `${shown(fileName)} is not what the zip says of it (${why})`)
}

/** zlib says that the bytes are no deflated ones; whatever else goes wrong in reading is said by the zip's reader. */
function isDamage(error: unknown): boolean {
  return (error as { code?: string }).code?.startsWith('Z_') ?? false
}

function isFolder(name: string): boolean {
  return name.endsWith('/')
}

/** What systems put beside the files that people mean. */
function isHidden(name: string): boolean {
  return name
    .split('/')
    .some(
      (part) =>
        (part.startsWith('.') && part !== '.') || part === '__MACOSX' || /^(thumbs\.db|desktop\.ini)$/i.test(part),
    )
}

function byName(a: Entry, b: Entry): number {
  return a.fileName < b.fileName ? -1 : a.fileName > b.fileName ? 1 : 0
}

/** Names are their sender's: what is shown of them is short, and moves no terminal. */
export function shown(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return name.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?').slice(-120)
}
