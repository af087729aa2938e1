import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Http } from '../../http/http.ts'
import { iso, nullable } from '../../http/shapes.ts'
import { DetailError, FieldErrors } from '../field-errors.ts'
import { parsedTime } from '../parsed-time.ts'
import { lastText, PageQuery, page, pageAsked, pageOf } from '../rest/page.ts'
import type { FitsFolder } from '../sources/fits-folder.ts'
import { aboutOf, headerBody } from './about-fits.ts'
import { type Archived, type ArchiveFilter, type ArchiveList, MOST_COUNTED } from './archive-list.ts'
import { MOST_SIZE, type Pictures, SIZES } from './pictures.ts'

const FrameBody = Type.Object({
  id: Type.String(),
  basename: Type.String(),
  url: Type.String({ description: 'where its bytes are read for an hour, without a token' }),
  proposal_id: nullable(Type.String({ description: 'device of a frame; PROPID of a FITS file' })),
  primary_optical_element: nullable(Type.String({ description: 'state of a frame; FILTER of a FITS file' })),
  target_name: nullable(Type.String({ description: 'camera of a frame; OBJECT of a FITS file' })),
  observation_date: Type.String(),
  thumbnails: Type.Array(Type.Object({ size: Type.Enum(['small', 'large']), url: Type.String() })),
})

const text = (description: string) => Type.Optional(Type.Unknown({ description }))
const ListQuery = Type.Object(
  {
    ...PageQuery,
    kind: text('`frame` or `fits`: only those'),
    start: text('observed since then: ISO 8601 (UTC where no zone is said), or milliseconds UTC'),
    end: text('and until then'),
    proposal_id: text('device of a frame; PROPID of a FITS file'),
    target_name: text('camera of a frame, with or without its device; OBJECT of a FITS file'),
    primary_optical_element: text('state of a frame; FILTER of a FITS file'),
    basename: text('part of the name'),
    basename_exact: text('the whole name'),
    include_thumbnails: text('`true`: with addresses of thumbnails'),
  },
  { additionalProperties: true, description: 'what else a client of the archive asks for is passed over' },
)
const IdPath = Type.Object({ id: Type.String({ description: 'basename, or device/camera/milliseconds' }) })
const Size = Type.Integer({ minimum: 1, maximum: MOST_SIZE, default: SIZES.small })

export interface ArchiveRoutesPorts {
  list: ArchiveList
  pictures: Pictures
  fits: FitsFolder | null
  baseOf(request: FastifyRequest): string
  /** Whose pictures the caller may read; null: everybody's. */
  readerOf(request: FastifyRequest): string | null
}

/** Frames and FITS files, as clients of an archive of observations ask for them. */
export function archiveRoutes(http: Http, { list, pictures, fits, baseOf, readerOf }: ArchiveRoutesPorts) {
  const shown = (one: Archived, base: string, withThumbnails: boolean) => ({
    ...{ id: one.basename, basename: one.basename, url: pictures.originalUrl(inArchive(one), base) },
    ...{ proposal_id: one.proposal, primary_optical_element: one.element, target_name: one.target },
    observation_date: iso(one.observedAt),
    thumbnails: withThumbnails
      ? (['small', 'large'] as const).map((size) => ({
          size,
          url: pictures.thumbnailUrl(inArchive(one), SIZES[size], SIZES[size], base),
        }))
      : [],
  })

  /** One frame or file of the archive. @throws DetailError 404 */
  const oneOf = async (id: string): Promise<{ about: Archived; header: Record<string, unknown> }> => {
    const { file: picture } = await pictures.find(null, 'archive', id)
    const { at, basename, recorded } = picture
    if ('frame' in at) {
      const { camera, capturedAt } = at.frame
      const [device = '', name = ''] = camera.split('/')
      const element = recorded?.state ?? null
      const about = { basename, observedAt: capturedAt, proposal: device, target: name, element }
      const date = iso(capturedAt).slice(0, -1)
      const header = {
        ...{ ORIGNAME: `${basename}.jpg`, INSTRUME: device, OBJECT: name, 'DATE-OBS': date, TIMESYS: 'UTC' },
        ...{ FILTER: element, CONFIDEN: recorded?.confidence ?? null },
      }
      return { about, header }
    }
    const file = await fits?.find(basename)
    const cards = file && (await fits?.header(file))?.cards
    if (!file || !cards) throw new DetailError(404, `${basename} is not there, or no picture.`)
    const { observedAt = file.modifiedAt, proposal = null, target = null, element = null } = aboutOf(cards)
    return { about: { basename, observedAt, proposal, target, element }, header: headerBody(cards) }
  }

  http.get(
    '/archive/frames/',
    {
      config: { access: 'analyst' },
      schema: {
        summary: 'Frames and FITS files of the archive, the newest observation first',
        description: `Of each camera the newest 100,000 frames of the span; at most ${MOST_COUNTED} are counted.`,
        querystring: ListQuery,
        response: { 200: pageOf(FrameBody) },
      },
    },
    async (request) => {
      const asked = pageAsked(request.query)
      if (asked.offset + asked.limit > MOST_COUNTED)
        throw new FieldErrors({
          offset: [`Ensure this value is less than ${MOST_COUNTED}: narrow it by start and end.`],
        })
      const { count, items } = await list.page(filterOf(request.query), asked.offset, asked.limit)
      const base = baseOf(request)
      const withThumbnails = /^(true|1)$/i.test(lastText(request.query.include_thumbnails) ?? '')
      const results = items.map((one) => shown(one, base, withThumbnails))
      return page(base, request.url, asked, count, results)
    },
  )

  http.get(
    '/archive/frames/:id/',
    {
      config: { access: 'analyst' },
      schema: { summary: 'A frame or FITS file of the archive', params: IdPath, response: { 200: FrameBody } },
    },
    async (request) => {
      const { about } = await oneOf(request.params.id)
      return shown(about, baseOf(request), true)
    },
  )

  http.get(
    '/archive/frames/:id/headers/',
    {
      config: { access: 'analyst' },
      schema: {
        summary: 'The header of a FITS file, or what is known of a frame in its words',
        params: IdPath,
        response: { 200: Type.Object({ data: Type.Record(Type.String(), Type.Unknown()) }) },
      },
    },
    async (request) => ({ data: (await oneOf(request.params.id)).header }),
  )

  http.get(
    '/thumbnails/:basename/',
    {
      config: { access: 'analyst' },
      schema: {
        summary: 'Where a JPEG of a picture is read for an hour, without a token',
        description:
          'It fits inside, and is never larger than the picture; FITS files are stretched by zscale. Of the archive, or an ' +
          'upload or result of the caller.',
        params: Type.Object({ basename: Type.String() }),
        querystring: Type.Object({ width: Size, height: Size }, { additionalProperties: true }),
        response: { 200: Type.Object({ url: Type.String() }) },
      },
    },
    async (request) => {
      const { basename } = request.params
      const { width, height } = request.query
      const found = await pictures
        .find(null, 'archive', basename)
        .catch(() => pictures.find(readerOf(request), 'datalab', basename))
      return { url: pictures.thumbnailUrl(found, width, height, baseOf(request)) }
    },
  )
}

/** An address in the archive says nothing of what is there: that is asked when it is used. */
function inArchive({ basename }: Archived) {
  return { file: { source: 'archive' as const, basename }, fingerprint: '' }
}

function filterOf(query: Record<string, unknown>): ArchiveFilter {
  const kind = lastText(query.kind)
  const said = {
    ...(kind === 'frame' || kind === 'fits' ? { kind: kind as 'frame' | 'fits' } : {}),
    ...{ start: timeIn(query, 'start'), end: timeIn(query, 'end') },
    ...{ proposal: lastText(query.proposal_id), target: lastText(query.target_name) },
    ...{ element: lastText(query.primary_optical_element) },
    ...{ basename: lastText(query.basename), basenameExact: lastText(query.basename_exact) },
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null)) as ArchiveFilter
}

function timeIn(query: Record<string, unknown>, field: string): number | null {
  const given = lastText(query[field])
  if (given === null) return null
  const at = /^\d{1,16}$/.test(given) ? Number(given) : parsedTime(given)
  if (at === undefined || at > 8_640_000_000_000_000) throw new FieldErrors({ [field]: ['Enter a valid date/time.'] })
  return at
}
