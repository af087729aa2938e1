import { createHash } from 'node:crypto'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { basenameOf, type ImageInfo, imageInfo } from '@ajar/images'

/** What more a folder holds is not looked at. */
const MOST_FILES = 20_000
const MOST_DEPTH = 8
/** Folders and other things that are gone through, so that a folder of anything else is no trap. */
const MOST_ENTRIES = 200_000
/** A file that somebody just put there is found after so long. */
const LOOK_MS = 5000
/** Looks take at most such a share of the time, however large the folder is. */
const LOOK_SHARE = 1 / 20
const MOST_HEADERS = 2000
const FITS_NAME = /^[^.].*\.(fits|fit|fts)(\.gz|\.fz)?$/i

export interface FitsFile {
  basename: string
  path: string
  bytes: number
  /** Milliseconds UTC. */
  modifiedAt: number
  /** When anything of it was changed last, its name among that, milliseconds UTC: a copy keeps the other time of its file. */
  changedAt: number
  /** Another one as soon as the file was changed or replaced. */
  fingerprint: string
}

/** Where a file's header was read from, and what stands there. */
type Header = Pick<ImageInfo, 'cards' | 'width' | 'height' | 'planes'>

/**
 * The FITS files of a folder that somebody else writes, by basename. Of two files with one basename the first counts, in
 * the order of their paths. Links lead no further than the folder itself.
 */
export class FitsFolder {
  readonly #folder: string
  readonly #now: () => number
  #files = new Map<string, FitsFile>()
  #lookedAt = Number.NEGATIVE_INFINITY
  #lookTookMs = 0
  #looking: Promise<void> | null = null
  /** By fingerprint; the one not asked for longest goes first. */
  readonly #headers = new Map<string, Promise<Header | null>>()
  #isCut = false
  #trouble: string | null = null

  constructor(folder: string, now: () => number = () => performance.now()) {
    this.#folder = folder
    this.#now = now
  }

  /** Whether it holds more than is looked at. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** Why the folder cannot be read; null where it can. It is as if it were empty then: frames and uploads need it not. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** All of them. @param ageMs how old what is known of them may be, where a look does not take long */
  async list(ageMs = LOOK_MS): Promise<FitsFile[]> {
    await this.#look(ageMs)
    return [...this.#files.values()]
  }

  /** The file as it is now; null where there is none. */
  async find(basename: string): Promise<FitsFile | null> {
    const known = this.#files.get(basename)
    const now = known && (await fileAt(known).catch(() => null))
    if (now) {
      this.#files.set(basename, now)
      return now
    }
    this.#files.delete(basename) // another of the name is found at the next look
    await this.#look()
    return this.#files.get(basename) ?? null
  }

  /** What a file says of itself; null where it is no picture. */
  header(file: FitsFile): Promise<Header | null> {
    const known = this.#headers.get(file.fingerprint)
    if (known) {
      this.#headers.delete(file.fingerprint)
      this.#headers.set(file.fingerprint, known)
      return known
    }
    const reading = imageInfo(file.path, { name: file.basename })
      .then(({ cards, width, height, planes }) => ({ cards, width, height, planes }))
      .catch(() => null)
    this.#headers.set(file.fingerprint, reading)
    const [oldest] = this.#headers.keys()
    if (this.#headers.size > MOST_HEADERS && oldest !== undefined) this.#headers.delete(oldest)
    return reading
  }

  async #look(ageMs = LOOK_MS) {
    if (this.#now() - this.#lookedAt < Math.max(ageMs, this.#lookTookMs / LOOK_SHARE)) return
    const begun = this.#now()
    this.#looking ??= this.#walk()
      .then(
        () => {
          this.#trouble = null
        },
        (error: Error) => {
          this.#trouble = error.message
          this.#files = new Map()
        },
      )
      .finally(() => {
        this.#lookedAt = this.#now()
        this.#lookTookMs = this.#lookedAt - begun
        this.#looking = null
      })
    await this.#looking
  }

  async #walk() {
    const root = await realpath(this.#folder)
    const files = new Map<string, FitsFile>()
    const seen = new Set<string>([root])
    let entries = 0
    let isCut = false
    const walk = async (folder: string, depth: number) => {
      const all = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
        if (depth === 0) throw error
        return [] // gone meanwhile, or not ours to read
      })
      for (const entry of all.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        entries += 1
        if (files.size >= MOST_FILES || entries > MOST_ENTRIES) {
          isCut = true
          return
        }
        const path = join(folder, entry.name)
        if (entry.isFile() && !FITS_NAME.test(entry.name)) continue
        const real = entry.isSymbolicLink() ? await realpath(path).catch(() => null) : path
        if (!real?.startsWith(root + sep)) continue
        const about = await stat(real).catch(() => null)
        if (about?.isDirectory() && depth >= MOST_DEPTH) isCut = true
        else if (about?.isDirectory() && !seen.has(real)) {
          seen.add(real)
          await walk(real, depth + 1)
        } else if (about?.isFile() && FITS_NAME.test(entry.name)) {
          const basename = basenameOf(entry.name)
          if (!files.has(basename)) files.set(basename, fileOf(basename, real, about))
        }
      }
    }
    await walk(root, 0)
    this.#files = files
    this.#isCut = isCut
  }
}

/** A file that was found before, as it is now; null where somebody has put something else in its place. */
async function fileAt({ basename, path }: FitsFile): Promise<FitsFile | null> {
  if ((await realpath(path)) !== path) return null
  const about = await stat(path)
  return about.isFile() ? fileOf(basename, path, about) : null
}

function fileOf(
  basename: string,
  path: string,
  about: { size: number; mtimeMs: number; ctimeMs: number; ino: number; dev: number },
): FitsFile {
  const { size, mtimeMs, ctimeMs, ino, dev } = about
  const fingerprint = createHash('sha256').update(`${size}\n${mtimeMs}\n${dev}:${ino}`).digest('hex')
  const times = { modifiedAt: Math.round(mtimeMs), changedAt: Math.round(ctimeMs) }
  return { basename, path, bytes: size, ...times, fingerprint }
}
