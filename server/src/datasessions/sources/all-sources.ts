import type { LaboratoryFileRow } from '../../database/schema-laboratory.ts'
import type { Sources as KnownSources } from '../../devices/sources.ts'
import { type Entry, MOST_ENTRIES, MOST_FRAMES, type NamedEntry, type Query, type QueryEntry } from '../entries.ts'
import { FieldErrors } from '../field-errors.ts'
import { type Files, formsOf } from '../files/files.ts'
import type { InputFile } from '../operation.ts'
import type { FitsFolder } from './fits-folder.ts'
import { type Found, Missing } from './found.ts'
import { FrameSource, type FrameSourceParts, frameOf } from './frame-source.ts'
import type { Resolved, Sources } from './sources.ts'

export interface SourcesParts extends FrameSourceParts {
  cameras: Pick<KnownSources, 'find' | 'list' | 'nameNow'>
  files: Files
  /** Null where there is no AJAR_ARCHIVE_DIR. */
  fits: FitsFolder | null
}

/** So many reasons are told of one field. */
const MOST_REASONS = 5
/** Files of the archive that are looked at on the disk at once. */
const FILES_AT_ONCE = 50

/** Frames, the archive's FITS files, uploads, and what operations made, as one. */
export class AllSources implements Sources {
  readonly #frames: FrameSource
  readonly #files: Files
  readonly #fits: FitsFolder | null

  constructor({ files, fits, ...parts }: SourcesParts) {
    this.#frames = new FrameSource(parts)
    this.#files = files
    this.#fits = fits
  }

  async resolve(account: string, field: string, entries: readonly Entry[]): Promise<Resolved> {
    const found = (await this.#found(account, field, entries, MOST_FRAMES)).flat()
    return {
      files: found.map(({ file }) => file),
      fingerprints: found.map(({ fingerprint }) => fingerprint),
      isShared: found.every(({ isShared }) => isShared),
    }
  }

  async expand(account: string, field: string, entries: readonly Entry[]): Promise<Entry[]> {
    const found = await this.#found(account, field, entries, MOST_ENTRIES)
    return entries.flatMap((entry, i): Entry[] => {
      const { query, ...more } = entry
      if (query === undefined) return [entry]
      return (found[i] ?? []).map(({ file }) => ({
        type: 'image',
        ...more,
        source: 'archive',
        basename: file.basename,
      }))
    })
  }

  async find(account: string | null, source: string, basename: string): Promise<InputFile | null> {
    const [found] = await this.look(account, source, [basename])
    return found && !(found instanceof Missing) ? found.file : null
  }

  /** The same of several, with what they hold, or why they are not there. */
  async look(account: string | null, source: string, basenames: readonly string[]): Promise<(Found | Missing)[]> {
    if (source === 'datalab') {
      const rows = await this.#files.allFor(account, basenames)
      return basenames.map((basename) => this.#ownFile(basename, rows.get(basename)))
    }
    if (source !== 'archive')
      return basenames.map(() => new Missing(`there is no source ${source}: archive and datalab are`))
    const names = basenames.filter((basename) => frameOf(basename))
    const frames = new Map((await this.#frames.find(names)).map((found, i) => [names[i], found]))
    const found: (Found | Missing)[] = []
    for (let i = 0; i < basenames.length; i += FILES_AT_ONCE) {
      const some = basenames.slice(i, i + FILES_AT_ONCE)
      found.push(...(await Promise.all(some.map((basename) => this.#archived(basename, frames.get(basename))))))
    }
    return found
  }

  /** For each entry the pictures that it stands for. Looks no further as soon as they are too many. @throws FieldErrors */
  async #found(account: string, field: string, entries: readonly Entry[], most: number): Promise<Found[][]> {
    const tooMany = () =>
      new FieldErrors({ [field]: [`more than ${most} pictures are meant together, ${most} at most may be`] })
    if (entries.length > most) throw tooMany()
    const named = entries.filter((entry): entry is NamedEntry => !isQuery(entry))
    const bySource = new Map<string, Map<string, Found | Missing>>()
    for (const [source, those] of Map.groupBy(named, (entry) => entry.source)) {
      const basenames = [...new Set(those.map(({ basename }) => basename))]
      const found = await this.look(account, source, basenames)
      bySource.set(source, new Map(found.map((one, i) => [basenames[i] as string, one])))
    }
    const reasons: string[] = []
    const all: Found[][] = []
    const chosen = new Map<string, Found[] | Missing>()
    let count = 0
    for (const entry of entries) {
      const found = isQuery(entry)
        ? await this.#chosen(entry.query, chosen)
        : (bySource.get(entry.source)?.get(entry.basename) ?? new Missing(`${entry.basename} is not there`))
      if (found instanceof Missing) reasons.push(found.message)
      const those = found instanceof Missing ? [] : [found].flat()
      count += those.length
      if (count > most) throw tooMany()
      all.push(those.map((one) => withSaid(one, entry)))
    }
    if (reasons.length === 0) return all
    const more = reasons.length - MOST_REASONS
    throw new FieldErrors({ [field]: [...reasons.slice(0, MOST_REASONS), ...(more > 0 ? [`and ${more} more`] : [])] })
  }

  /** What a query stands for: of equal ones the first alone is looked up. */
  async #chosen(query: Query, known: Map<string, Found[] | Missing>): Promise<Found[] | Missing> {
    const key = JSON.stringify(Object.entries(query).sort())
    const found = known.get(key) ?? (await this.#frames.chosen(query).catch(asMissing))
    known.set(key, found)
    return found
  }

  /** A frame wins over a file of the archive that somebody gave the name of one. */
  async #archived(basename: string, frame: Found | Missing | undefined): Promise<Found | Missing> {
    if (frame && !(frame instanceof Missing)) return frame
    const file = await this.#fits?.find(basename)
    if (!file) return frame ?? new Missing(`${basename} is not there`)
    const { path, fingerprint } = file
    return { file: { basename, source: 'archive', at: { path }, recorded: null }, fingerprint, isShared: true }
  }

  #ownFile(basename: string, row: LaboratoryFileRow | undefined): Found | Missing {
    const form = row && pictureForm(row)
    const path = row && form && this.#files.pathOf(row, form)
    if (!path) return new Missing(row ? `${basename} is no picture` : `${basename} is not there`)
    return {
      file: { basename, source: 'datalab', at: { path }, recorded: null },
      fingerprint: row.sha256,
      isShared: false,
    }
  }
}

/** The form of a file that is its picture, the best first. What a table or JSON was made of is none. */
function pictureForm(row: LaboratoryFileRow) {
  if (row.type === 'table' || row.type === 'json') return undefined
  return (['fits', 'original', 'tif', 'large'] as const).find((one) => formsOf(row)[one] !== undefined)
}

function isQuery(entry: Entry): entry is QueryEntry {
  return entry.query !== undefined
}

function asMissing(error: unknown): Missing {
  if (error instanceof Missing) return error
  throw error
}

/** With the stretch and the colour that the caller said with it. */
function withSaid(found: Found, { zmin, zmax, color }: Entry): Found {
  const said = {
    ...(typeof zmin === 'number' ? { zmin } : {}),
    ...(typeof zmax === 'number' ? { zmax } : {}),
    ...(typeof color === 'string' ? { color } : {}),
  }
  return Object.keys(said).length === 0 ? found : { ...found, file: { ...found.file, ...said } }
}
