import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { callerName } from '../../http/access.ts'
import { badRequest, HttpError } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { LEARNERS } from '../../http/nouns.ts'
import { filesIn, zipOf } from './archive.ts'
import { ModelBody, shownModel } from './model-body.ts'
import { ModelPath, type ModelRoutesPorts } from './model-routes.ts'
import type { ModelUploads } from './uploads.ts'

export interface ArchiveRoutesPorts extends ModelRoutesPorts {
  uploads: ModelUploads
}

const ZIP = 'application/zip'
const SUM = 'x-content-sha256'
/** A model of a hundred states has a tenth of it. */
const MOST_BYTES = 32 * 1024 * 1024
/** Each is held in memory until it is judged. */
const MOST_AT_ONCE = 2
const SHA256 = '^[0-9a-fA-F]{64}$'

/** Models as zip files, out and in. */
export async function archiveRoutes(http: Http, ports: ArchiveRoutesPorts) {
  const { sources, registry, uploads } = ports

  http.get(
    '/api/models/:device/:name/archive',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'A model as a zip, which another camera or server takes',
        description:
          'manifest.json with the sha256 of every other file, model.json and weights.bin (a TensorFlow.js LayersModel on ' +
          'the square roots of the features of the backbone that the manifest names), novelty.bin, test-set.json. The ' +
          `same model gives the same bytes; their sha256 stands in \`${SUM}\`.`,
        produces: [ZIP],
        params: ModelPath,
      },
    },
    async ({ params }, reply) => {
      const { id } = await registry.row(`${params.device}/${params.name}`)
      await registry.load(id).catch(damaged) // what is handed out is whole
      const zip = await zipOf(await registry.filesOf(id))
      return reply
        .header('content-type', ZIP)
        .header('content-disposition', `attachment; filename="${id.replaceAll(/[^a-z0-9-]/g, '_')}.zip"`)
        .header(SUM, sha256(zip))
        .send(zip)
    },
  )

  await http.register(async (zips: Http) => {
    let uploading = 0
    zips.removeAllContentTypeParsers()
    zips.addContentTypeParser(ZIP, { parseAs: 'buffer', bodyLimit: MOST_BYTES }, (_request, body, done) =>
      done(null, body),
    )
    zips.setErrorHandler((error: { statusCode?: number }) => {
      throw error.statusCode === 413 ? tooLarge() : error
    })
    for (const noun of LEARNERS)
      zips.post(
        `${noun.path}/models`,
        {
          bodyLimit: MOST_BYTES,
          config: { access: 'operator' },
          onRequest: async ({ headers }, reply) => {
            if (Number(headers['content-length'] ?? 0) > MOST_BYTES) throw tooLarge()
            if (uploading >= MOST_AT_ONCE)
              throw new HttpError(503, 'busy', 'other models are being uploaded: send yours in a moment')
            uploading += 1
            reply.raw.once('close', () => {
              uploading -= 1
            })
          },
          schema: {
            summary: 'Take a model in that was downloaded, here or elsewhere, as the next version of this camera',
            description:
              'It has to know the states that the camera has; a camera without states takes those of the model. It is not ' +
              'active until it is activated. What its evaluation says was said where it was made.',
            consumes: [ZIP],
            params: noun.params,
            querystring: Type.Object({
              sha256: Type.Optional(
                Type.String({ pattern: SHA256, description: `of the zip; \`${SUM}\` may say it too` }),
              ),
            }),
            headers: Type.Object({ [SUM]: Type.Optional(Type.String({ pattern: SHA256 })) }),
            body: Type.Unknown({ description: 'the bytes of the zip' }),
            response: { 201: ModelBody },
          },
        },
        async (request, reply) => {
          const { params, query, headers, body } = request
          const { id } = sources.at(noun, params)
          if (!(body instanceof Uint8Array))
            throw new HttpError(415, 'no_zip', `send the bytes of a zip with Content-Type: ${ZIP}`)
          const zip = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
          for (const expected of [query.sha256, headers[SUM]]) refuseOtherSum(zip, expected)
          const model = await uploads.take(id, await filesIn(zip), callerName(request))
          return reply.status(201).send(await shownModel(await registry.row(model.id), ports))
        },
      )
  })
}

function refuseOtherSum(zip: Buffer, expected: unknown) {
  if (typeof expected !== 'string' || expected.toLowerCase() === sha256(zip)) return
  throw badRequest('sha256_mismatch', `the zip that came has the sha256 ${sha256(zip)}: it was changed on its way`)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function tooLarge(): HttpError {
  return new HttpError(413, 'too_large', `a model has at most ${MOST_BYTES} bytes as a zip`)
}

function damaged(error: Error): never {
  throw new HttpError(409, 'model_damaged', error.message)
}
