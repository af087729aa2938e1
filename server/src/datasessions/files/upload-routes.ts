import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { LaboratoryFileRow } from '../../database/schema-laboratory.ts'
import type { Http } from '../../http/http.ts'
import { iso, Time } from '../../http/shapes.ts'
import { DetailError } from '../field-errors.ts'
import type { Files } from './files.ts'
import { MOST_UPLOADS, type Uploads } from './uploads.ts'

const UploadBody = Type.Object({
  basename: Type.String({ description: 'how it is called from now on' }),
  source: Type.Literal('datalab'),
  type: Type.Enum(['fits', 'image']),
  bytes: Type.Integer(),
  sha256: Type.String(),
  created: Time,
  url: Type.String({ description: 'where it is read for an hour, without a token' }),
})

export interface UploadRoutesPorts {
  uploads: Uploads
  files: Files
  /** What stands before the paths of addresses. */
  baseOf(request: FastifyRequest): string
  /** Whose pictures the caller may read; null: everybody's. */
  readerOf(request: FastifyRequest): string | null
}

/** Pictures that somebody sends to work on. */
export async function uploadRoutes(http: Http, { uploads, files, baseOf, readerOf }: UploadRoutesPorts) {
  const shown = (row: LaboratoryFileRow, base: string) => ({
    ...{
      basename: row.basename,
      source: 'datalab' as const,
      type: row.type === 'fits' ? ('fits' as const) : ('image' as const),
    },
    ...{ bytes: row.bytes, sha256: row.sha256, created: iso(row.created_at), url: files.urlOf(row, 'original', base) },
  })

  http.get(
    '/api/laboratory/uploads',
    {
      config: { access: 'analyst' },
      schema: {
        summary: `The caller's uploads, the newest first; an admin sees everybody's`,
        description: `At most ${MOST_UPLOADS} of one.`,
        response: { 200: Type.Object({ results: Type.Array(UploadBody) }) },
      },
    },
    async (request) => {
      const base = baseOf(request)
      return { results: (await uploads.list(readerOf(request))).map((row) => shown(row, base)) }
    },
  )

  http.delete(
    '/api/laboratory/uploads/:basename',
    {
      config: { access: 'analyst' },
      schema: { summary: 'Remove an upload', params: Type.Object({ basename: Type.String() }) },
    },
    async (request, reply) => {
      await uploads.remove(readerOf(request), request.params.basename)
      return reply.status(204).send()
    },
  )

  // In a scope of its own: nothing is parsed, whatever its sender says it is.
  await http.register(async (scope: Http) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body))

    scope.post(
      '/api/laboratory/uploads',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER, // how much it is stands in a setting, and so in the error
        config: { access: 'analyst', longBody: true },
        schema: {
          summary: 'Upload a picture to work on: JPEG, PNG, TIFF or FITS, also .fits.gz and .fits.fz',
          description:
            'The body is the bytes of the file. Only who uploaded it may use it, and an admin read it. The same bytes sent again are the same ' +
            'file; another picture of the same name gets a number. 413, 507: it is too large, or there is no room.',
          consumes: ['application/octet-stream'],
          body: Type.Unknown({ description: 'the bytes of one picture' }),
          querystring: Type.Object({
            name: Type.String({
              minLength: 1,
              maxLength: 1000,
              description: 'of the file; folders before it are left out',
            }),
          }),
          response: { 201: UploadBody },
        },
      },
      async (request, reply) => {
        const { body, caller, headers, query } = request
        if (!(body instanceof Readable) || !caller)
          throw new DetailError(400, 'Send the bytes of one picture as the body.')
        const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
        const row = await uploads.take(caller.account, query.name, body, length)
        return reply.status(201).send(shown(row, baseOf(request)))
      },
    )
  })
}
