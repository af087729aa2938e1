import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Archive } from '../../database/frames/archive.ts'
import type { LaboratoryFileRow } from '../../database/schema-laboratory.ts'
import type { Analysis } from '../analysis/analysis.ts'
import { AnalysisError, type AnalysisRequest, type Picture } from '../analysis/requests.ts'
import type { Room } from '../execution/room.ts'
import { DetailError } from '../field-errors.ts'
import { type Files, formsOf, MARK_LENGTH } from '../files/files.ts'
import { FORMS, type Form } from '../files/forms.ts'
import type { SignedUrls } from '../files/signed-urls.ts'
import type { AllSources } from '../sources/all-sources.ts'
import { type Found, Missing } from '../sources/found.ts'
import type { Renderings } from './renderings.ts'

export interface PicturesParts {
  sources: Pick<AllSources, 'look'>
  archive: Pick<Archive, 'jpeg'>
  files: Files
  urls: SignedUrls
  analysis: Analysis
  renderings: Renderings
  room: Pick<Room, 'left' | 'makeRoom'>
}

/** What is served: bytes, or a file; under which name and type. */
export interface Served {
  from: Uint8Array | string
  type: string
  fileName: string
  /** Another one as soon as the bytes are. */
  tag: string
}

/** A picture, as far as its address says what it is. */
export interface Addressed {
  file: Pick<Found['file'], 'source' | 'basename'>
  fingerprint: string
}

/** Of archive thumbnails, in pixels. */
export const SIZES = { small: 200, large: 1024 } as const
export const MOST_SIZE = 2048
/** Left free by renderings: frames and results come first. Bytes. */
const ROOM_BYTES = 64 * 1024 * 1024
const NO_MARK = '-'

/** Pictures of all sources as they are looked at and downloaded, by signed addresses. */
export class Pictures {
  readonly #parts: PicturesParts

  constructor(parts: PicturesParts) {
    this.#parts = parts
  }

  /** @param account null: reads all @throws DetailError 404 */
  async find(account: string | null, source: string, basename: string): Promise<Found> {
    const [found] = await this.#parts.sources.look(account, source, [basename])
    if (!found || found instanceof Missing)
      throw new DetailError(404, found ? `Not found: ${found.message}.` : 'Not found.')
    return found
  }

  /** A picture with its bytes, for the analysis. @throws DetailError 404 where they are gone */
  async picture({ file: { at, basename } }: Found): Promise<Picture> {
    if ('path' in at) return { from: at.path, name: basename }
    const { camera, capturedAt } = at.frame
    const jpeg = await this.#parts.archive.jpeg(camera, capturedAt)
    if (!jpeg) throw new DetailError(404, `The picture of ${basename} is not kept any more.`)
    return { from: jpeg, name: basename }
  }

  /** Where it is had as it is stored. */
  originalUrl({ file, fingerprint }: Addressed, base: string): string {
    return this.#url(base, file, fingerprint, 'original')
  }

  /** Where a JPEG is had that fits inside. Pixels, at most `MOST_SIZE`. */
  thumbnailUrl({ file, fingerprint }: Addressed, width: number, height: number, base: string): string {
    return this.#url(base, file, fingerprint, `${width}x${height}.jpg`)
  }

  /** Where it is had as a TIFF, which is made now. @throws AnalysisError, DetailError */
  async tifUrl(found: Found, base: string): Promise<string> {
    await this.#tif(found)
    return this.#url(base, found.file, found.fingerprint, 'tif')
  }

  /**
   * What a signed address stands for: whoever holds it may read.
   * @throws DetailError 404 where it is gone, or another one now
   */
  async serve(source: string, mark: string, basename: string, form: string): Promise<Served> {
    if (source === 'datalab') {
      const row = await this.#parts.files.find(basename)
      if (!row || row.sha256.slice(0, MARK_LENGTH) !== mark)
        throw new DetailError(404, 'This file is not there any more.')
      const path = form in FORMS ? this.#parts.files.pathOf(row, form as Form) : null
      if (path) return { from: path, ...describedAs(row, form as Form), tag: `${mark}-${form}` }
    }
    const found = await this.find(null, source, basename)
    const name = basename.replaceAll('/', '_')
    const tag = `${createHash('sha256').update(found.fingerprint).digest('hex').slice(0, MARK_LENGTH)}-${form}`
    if (form === 'tif') return { from: await this.#tif(found), type: 'image/tiff', fileName: `${name}.tif`, tag }
    if (form === 'original') return { from: (await this.picture(found)).from, ...describedByPath(found, name), tag }
    const [, width = '', height = ''] = /^(\d+)x(\d+)\.jpg$/.exec(form) ?? []
    if (width === '') throw new DetailError(404, `${basename} is not there as ${form}.`)
    const size = { width: Number(width), height: Number(height) }
    const path = await this.#rendered(found, { kind: 'write-jpg', ...size })
    return { from: path, type: 'image/jpeg', fileName: `${name}-${width}x${height}.jpg`, tag }
  }

  async #tif(found: Found): Promise<string> {
    return this.#rendered(found, { kind: 'write-tif' })
  }

  async #rendered(found: Found, how: { kind: 'write-tif' } | { kind: 'write-jpg'; width: number; height: number }) {
    const { analysis, renderings, room } = this.#parts
    return renderings.get(`${JSON.stringify(how)} ${found.fingerprint}`, async (to) => {
      const { quota, disk } = await room.left()
      if (disk < ROOM_BYTES) throw new DetailError(507, 'The disk is full: make room on it.')
      const mostBytes = Math.min(quota, disk - ROOM_BYTES)
      const request: AnalysisRequest = { ...(await this.picture(found)), ...how, to, mostBytes }
      await analysis.call(request)
      await room.makeRoom((await stat(to)).size)
    })
  }

  #url(base: string, file: Addressed['file'], fingerprint: string, form: string): string {
    const mark = file.source === 'datalab' ? fingerprint.slice(0, MARK_LENGTH) : NO_MARK
    return this.#parts.urls.url(base, file.source, mark, file.basename, form)
  }
}

/** A picture that is at fault is no fault of ours where it was only to be looked at. */
export function asDetail(error: unknown): never {
  if (error instanceof AnalysisError) throw new DetailError(404, error.message)
  throw error
}

/** The file, open, and its length in bytes. @throws DetailError 404 */
export async function openServed(path: string) {
  try {
    const handle = await open(path, 'r')
    return { handle, length: (await handle.stat()).size }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new DetailError(404, 'This file is not there any more.')
    throw error
  }
}

const TYPES: Record<string, string> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.gz': 'application/gzip',
  '.csv': 'text/csv; charset=utf-8',
  '.tbl': 'text/plain; charset=utf-8',
  '.vot': 'application/octet-stream',
}

function describedAs(row: LaboratoryFileRow, form: Form): Pick<Served, 'type' | 'fileName'> {
  const { basename } = row
  if (form === 'original') {
    const name = formsOf(row).original ?? ''
    // Of a result there are other forms of the same ending.
    const mark = row.result === null ? '' : '-original'
    return { type: typeOf(name), fileName: basename + mark + endingOf(name) }
  }
  return { type: FORMS[form].type, fileName: basename + FORMS[form].ending }
}

function describedByPath({ file: { at } }: Found, name: string): Pick<Served, 'type' | 'fileName'> {
  if ('frame' in at) return { type: 'image/jpeg', fileName: `${name}.jpg` }
  return { type: typeOf(at.path), fileName: name + endingOf(at.path) }
}

function typeOf(path: string): string {
  return TYPES[extname(path).toLowerCase()] ?? 'application/fits'
}

function endingOf(path: string): string {
  return /(\.(fits|fit|fts))?\.[a-z]+$/i.exec(path)?.[0] ?? ''
}
