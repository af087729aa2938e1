import type { FastifyError, FastifyRequest } from 'fastify'
import { type TSchema, Type } from 'typebox'
import type { Http } from '../../http/http.ts'
import { nullable } from '../../http/shapes.ts'
import { olderError } from '../rest/older-scope.ts'
import type { Pictures } from '../shown/pictures.ts'
import type { Analysis } from './analysis.ts'
import { AnalysisError } from './requests.ts'

/** Of the longer side, in pixels: all samples go out as numbers. */
const MOST_RAW = 2048
const DEFAULT_RAW = 1000
const MOST_JPEG = 4096

const Named = {
  basename: Type.String({ minLength: 1 }),
  source: Type.String({ description: '`archive` or `datalab`' }),
}
const Numbers = Type.Array(Type.Number())
const Coordinates = nullable(Type.Array(Type.Number(), { description: 'right ascension and declination, degrees' }))

export interface AnalysisRoutesPorts {
  analysis: Analysis
  pictures: Pictures
  baseOf(request: FastifyRequest): string
  /** Whose pictures the caller may read; null: everybody's. */
  readerOf(request: FastifyRequest): string | null
}

/** Looks into one picture at once: nothing is kept of it. What is wrong is said as `{"error": "..."}` here. */
export async function analysisRoutes(http: Http, { analysis, pictures, baseOf, readerOf }: AnalysisRoutesPorts) {
  await http.register(async (scope: Http) => {
    scope.setErrorHandler((error: FastifyError | Error, request, reply) => {
      if (error instanceof AnalysisError) return reply.status(400).send({ error: error.message })
      const { status, body } = olderError(error, reply)
      if (status === 500) request.log.error({ err: error, url: request.url }, 'request failed')
      return reply.status(status).send(status === 400 ? { error: inOne(body) } : body)
    })

    const action = <T extends TSchema>(name: string, summary: string, body: T, answer: TSchema) => ({
      url: `/api/analysis/${name}/`,
      options: { config: { access: 'analyst' as const }, schema: { summary, body, response: { 200: answer } } },
    })
    const pictureOf = async (request: FastifyRequest, { source, basename }: { source: string; basename: string }) =>
      pictures.picture(await pictures.find(readerOf(request), source, basename))

    const raw = action(
      'raw-data',
      'The samples of a picture, made smaller, row by row; colours as their luminance (Rec. 601)',
      Type.Object(
        {
          ...Named,
          max_size: Type.Optional(
            Type.Integer({
              minimum: 0,
              description: `of the longer side, ${DEFAULT_RAW} where nothing is said; ${MOST_RAW} at most, and where it is 0`,
            }),
          ),
        },
        { additionalProperties: true },
      ),
      Type.Object({
        data: Type.Array(nullable(Type.Number()), { description: 'null: a blank sample' }),
        ...{ height: Type.Integer(), width: Type.Integer(), histogram: Numbers, bins: Numbers },
        ...{ zmin: Type.Number(), zmax: Type.Number(), bitdepth: Type.Integer() },
      }),
    )
    scope.post(raw.url, raw.options, async (request, reply) => {
      const { max_size = DEFAULT_RAW } = request.body
      const maxSize = Math.min(max_size || MOST_RAW, MOST_RAW)
      return sendJson(
        reply,
        await analysis.call({ ...(await pictureOf(request, request.body)), kind: 'raw-data', maxSize }),
      )
    })

    const Pixels = Type.Number({ exclusiveMinimum: 0, maximum: 1e6 })
    const profile = action(
      'line-profile',
      'Values along a line; colours as their luminance (Rec. 601)',
      Type.Object(
        {
          ...{ ...Named, height: Pixels, width: Pixels },
          ...{ x1: Type.Number(), y1: Type.Number(), x2: Type.Number(), y2: Type.Number() },
        },
        {
          additionalProperties: true,
          description:
            'Coordinates are of a picture of `width` x `height`, from its first pixel on; they are scaled to the whole one.',
        },
      ),
      Type.Object({
        line_profile: Type.Array(nullable(Type.Number()), {
          description: 'bilinear, a pixel of the whole picture apart',
        }),
        arcsec: nullable(Type.Number({ description: 'how long the line is in the sky' })),
        ...{ start_coords: Coordinates, end_coords: Coordinates },
        position_angle: nullable(Type.Number({ description: 'from north through east, degrees' })),
      }),
    )
    scope.post(profile.url, profile.options, async (request, reply) => {
      const { width, height, x1, y1, x2, y2 } = request.body
      const line = { width, height, x1, y1, x2, y2 }
      return sendJson(
        reply,
        await analysis.call({ ...(await pictureOf(request, request.body)), kind: 'line-profile', ...line }),
      )
    })

    const Picture = Type.Object(Named, { additionalProperties: true })
    const wcs = action(
      'wcs',
      'Where in the sky a picture is, as its header says',
      Picture,
      Type.Object({
        ...{ crval: Numbers, crpix: Numbers, cd1: Numbers, cd2: Numbers },
        fits_dimensions: Type.Array(Type.Integer(), { description: 'width and height' }),
      }),
    )
    scope.post(wcs.url, wcs.options, async (request, reply) =>
      sendJson(reply, await analysis.call({ ...(await pictureOf(request, request.body)), kind: 'wcs' })),
    )

    const tif = action(
      'get-tif',
      'Where a picture is read as a TIFF for an hour, without a token',
      Picture,
      Type.Object({ tif_url: Type.String() }),
    )
    scope.post(tif.url, tif.options, async (request) => {
      const { source, basename } = request.body
      const found = await pictures.find(readerOf(request), source, basename)
      return { tif_url: await pictures.tifUrl(found, baseOf(request)) }
    })

    const jpg = action(
      'get-jpg',
      'A picture as a JPEG in base64, stretched from `zmin` (black) to `zmax` (white)',
      Type.Object(
        { ...Named, zmin: Type.Optional(Type.Number()), zmax: Type.Optional(Type.Number()) },
        {
          additionalProperties: true,
          description: 'Without a stretch 8-bit pictures are shown as they are, others by zscale.',
        },
      ),
      Type.Object({ jpg_base64: Type.String({ description: `at most ${MOST_JPEG} pixels wide and high` }) }),
    )
    scope.post(jpg.url, jpg.options, async (request) => {
      const { zmin, zmax } = request.body
      if ((zmin === undefined) !== (zmax === undefined))
        throw new AnalysisError('Say both of zmin and zmax, or neither.')
      const stretch = zmin === undefined || zmax === undefined ? null : { zmin, zmax }
      const picture = await pictureOf(request, request.body)
      const bytes = await analysis.call({ ...picture, kind: 'jpg', stretch, width: MOST_JPEG, height: MOST_JPEG })
      return { jpg_base64: Buffer.from(bytes ?? []).toString('base64') }
    })

    for (const name of ['source-catalog', 'centroiding']) {
      const none = action(name, 'Not done by this server: always 400', Type.Unknown(), Type.Object({}))
      scope.post(none.url, none.options, async () => {
        throw new AnalysisError(
          `${name} is not done here: it is about stars, and this server has cameras and plain FITS files.`,
        )
      })
    }
  })
}

/** JSON that a thread has written. */
function sendJson<T>(reply: { type(type: string): { send(payload: Buffer): T } }, json: Uint8Array | null): T {
  const { buffer, byteOffset, byteLength } = json ?? new Uint8Array()
  return reply.type('application/json; charset=utf-8').send(Buffer.from(buffer, byteOffset, byteLength))
}

/** What is wrong by field, as one text. */
function inOne(body: object): string {
  return Object.entries(body)
    .map(([field, said]) => (field === 'detail' ? String(said) : `${field}: ${[said].flat().join(' ')}`))
    .join('; ')
}
