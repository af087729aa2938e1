import { sql } from 'kysely'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Source } from '../../devices/source.ts'
import type { Sources } from '../../devices/sources.ts'
import { DetailError } from '../field-errors.ts'
import type { FitsFile, FitsFolder } from '../sources/fits-folder.ts'
import { basenameOfFrame } from '../sources/frame-source.ts'
import { type AboutFits, aboutOf } from './about-fits.ts'

/** What of the archive is asked for; times are milliseconds UTC. Names count without upper and lower case. */
export interface ArchiveFilter {
  kind?: 'frame' | 'fits'
  /** Of the observation, both inclusive. */
  start?: number
  end?: number
  /** Device of a frame; PROPID of a FITS file. */
  proposal?: string
  /** Camera of a frame, with or without its device; OBJECT of a FITS file. */
  target?: string
  /** State of a frame; FILTER of a FITS file. */
  element?: string
  /** Part of the basename. */
  basename?: string
  basenameExact?: string
}

/** A frame or a FITS file of the archive. */
export interface Archived {
  basename: string
  /** Milliseconds UTC. */
  observedAt: number
  proposal: string | null
  target: string | null
  element: string | null
}

export interface ArchiveListParts {
  database: StateDatabase
  cameras: Pick<Sources, 'list'>
  fits: FitsFolder | null
}

/** More are not counted. */
export const MOST_COUNTED = 100_000
/** Of each camera so many of the newest frames of the span are gone through: more would hold up others. */
const MOST_SEARCHED = 100_000
/** SQLite joins at most 500 queries (https://sqlite.org/limits.html). */
const CAMERAS_AT_ONCE = 200
const HEADERS_AT_ONCE = 8

/** Frames and FITS files, the newest observation first. */
export class ArchiveList {
  readonly #parts: ArchiveListParts
  /** What files say of themselves, by fingerprint. */
  #about = new Map<string, Promise<AboutFits>>()

  constructor(parts: ArchiveListParts) {
    this.#parts = parts
  }

  /** @returns a page, and how many there are in all, counted up to `MOST_COUNTED` */
  async page(filter: ArchiveFilter, offset: number, limit: number): Promise<{ count: number; items: Archived[] }> {
    const files = filter.kind === 'frame' ? [] : await this.#files(filter)
    const cameras = filter.kind === 'fits' ? [] : this.#cameras(filter)
    const frames = cameras.length === 0 ? [] : await this.#frames(filter, cameras, offset + limit)
    const merged = [...files, ...frames].sort(
      (a, b) => b.observedAt - a.observedAt || (a.basename < b.basename ? -1 : 1),
    )
    const count = files.length + (cameras.length === 0 ? 0 : await this.#count(filter, cameras))
    return { count: Math.min(count, MOST_COUNTED), items: merged.slice(offset, offset + limit) }
  }

  #cameras({ proposal, target }: ArchiveFilter): Source[] {
    return this.#parts.cameras
      .list()
      .filter(
        ({ id, kind, device, name }) =>
          kind === 'camera' &&
          (proposal === undefined || same(device, proposal)) &&
          (target === undefined || same(name, target) || same(id, target)),
      )
  }

  async #files(filter: ArchiveFilter): Promise<Archived[]> {
    const { fits } = this.#parts
    if (!fits) return []
    const all = await fits.list()
    if (fits.trouble !== null && filter.kind === 'fits')
      throw new DetailError(503, `The folder of FITS files cannot be read (AJAR_ARCHIVE_DIR): ${fits.trouble}`)
    if (this.#about.size > 2 * all.length + HEADERS_AT_ONCE) this.#about = new Map()
    const named = all.filter(({ basename }) => isNamed(basename, filter))
    const files: Archived[] = []
    for (let i = 0; i < named.length; i += HEADERS_AT_ONCE) {
      const some = named.slice(i, i + HEADERS_AT_ONCE)
      const about = await Promise.all(some.map((file) => this.#aboutOf(fits, file)))
      files.push(...some.map((file, at) => archived(file, about[at])))
    }
    return files.filter((file) => isWanted(file, filter))
  }

  #aboutOf(fits: FitsFolder, file: FitsFile): Promise<AboutFits> {
    const known = this.#about.get(file.fingerprint)
    if (known) return known
    const about = fits.header(file).then((header) => (header ? aboutOf(header.cards) : {}))
    this.#about.set(file.fingerprint, about)
    return about
  }

  async #frames(filter: ArchiveFilter, cameras: Source[], limit: number): Promise<Archived[]> {
    const found: Archived[] = []
    for (const some of inParts(cameras)) {
      const newest = some.map(
        ({ id }) => sql`select * from (${this.#ofCamera(filter, id)} order by f.captured_at desc limit ${limit})`,
      )
      const { rows } = await sql<{ camera: string; at: number; state: string | null }>`
        select camera, at, state from (${sql.join(newest, sql` union all `)}) order by at desc, camera limit ${limit}`.execute(
        this.#parts.database.read,
      )
      for (const { camera, at, state } of rows) {
        const [device = '', name = ''] = camera.split('/')
        const basename = basenameOfFrame({ camera, capturedAt: at })
        found.push({ basename, observedAt: at, proposal: device, target: name, element: state })
      }
    }
    return found
  }

  async #count(filter: ArchiveFilter, cameras: Source[]): Promise<number> {
    let count = 0
    for (const some of inParts(cameras)) {
      const all = sql.join(
        some.map(({ id }) => this.#ofCamera(filter, id)),
        sql` union all `,
      )
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from (select 1 from (${all}) limit ${MOST_COUNTED})`.execute(this.#parts.database.read)
      count += Number(rows[0]?.count ?? 0)
    }
    return count
  }

  /** Frames that had a picture; whether it is kept is asked when it is looked at. */
  #ofCamera(
    { start = 0, end = Number.MAX_SAFE_INTEGER, element, basename, basenameExact }: ArchiveFilter,
    camera: string,
  ) {
    const name = sql`replace(f.camera, '/', '_') || '_' || f.captured_at`
    const isNewest = sql`f.captured_at >= coalesce((select captured_at from frames where camera = ${camera}
      and captured_at <= ${end} order by captured_at desc limit 1 offset ${MOST_SEARCHED}), 0)`
    const exact = basenameExact?.toLowerCase()
    const prefix = `${camera.replace('/', '_')}_`
    const at = exact?.startsWith(prefix) ? Number(exact.slice(prefix.length)) : Number.NaN
    return sql`
      select f.camera, f.captured_at as at, r.state from frames f
      left join results r on r.camera = f.camera and r.captured_at = f.captured_at
      where f.camera = ${camera} and f.captured_at >= ${start} and f.captured_at <= ${end} and f.stored_at is not null and ${isNewest}
      ${element === undefined ? sql`` : sql`and lower(r.state) = ${element.toLowerCase()}`}
      ${exact === undefined ? sql`` : sql`and f.captured_at = ${Number.isSafeInteger(at) ? at : -1}`}
      ${basename === undefined || prefix.includes(basename.toLowerCase()) ? sql`` : sql`and instr(${name}, ${basename.toLowerCase()}) > 0`}`
  }
}

function archived({ basename, modifiedAt }: FitsFile, about: AboutFits | undefined): Archived {
  const { observedAt = modifiedAt, proposal = null, target = null, element = null } = about ?? {}
  return { basename, observedAt, proposal, target, element }
}

function isWanted(file: Archived, { start, end, proposal, target, element }: ArchiveFilter): boolean {
  return (
    (start === undefined || file.observedAt >= start) &&
    (end === undefined || file.observedAt <= end) &&
    (proposal === undefined || same(file.proposal, proposal)) &&
    (target === undefined || same(file.target, target)) &&
    (element === undefined || same(file.element, element))
  )
}

function isNamed(name: string, { basename, basenameExact }: ArchiveFilter): boolean {
  if (basenameExact !== undefined && !same(name, basenameExact)) return false
  return basename === undefined || name.toLowerCase().includes(basename.toLowerCase())
}

function same(one: string | null, other: string): boolean {
  return one !== null && one.toLowerCase() === other.toLowerCase()
}

function inParts<T>(all: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let i = 0; i < all.length; i += CAMERAS_AT_ONCE) parts.push(all.slice(i, i + CAMERAS_AT_ONCE))
  return parts
}
