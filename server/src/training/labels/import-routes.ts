import { Readable } from 'node:stream'
import { type CameraRef, cameraId } from '@ajar/protocol'
import { Type } from 'typebox'
import type { JobRow } from '../../database/schema.ts'
import type { SourceKind, Sources } from '../../devices/sources.ts'
import { callerName } from '../../http/access.ts'
import { badRequest, conflict, HttpError } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { JobBody, shownJob } from '../../http/job-body.ts'
import { refIn } from '../../http/nouns.ts'
import { IMPORT_FORMATS, type ImportFormat } from './import-formats.ts'
import type { Uploads } from './uploads.ts'

export interface ImportRoutesPorts {
  sources: Sources
  hasDevice(name: string): boolean
  uploads: Uploads
  createJob(source: string, params: object, owner: string): Promise<JobRow>
  /** How many numbers the newest reading of a sensor has. @throws HttpError 400 `not_a_vector` where it has none */
  newestLength(sensor: CameraRef): Promise<number | null>
  /** When the last reading of a file was that tells no times (`csv/end-of-times.ts`). */
  endOfTimes(sensor: string, sha256: string): Promise<number>
}

/** Labelled pictures and readings as files: a call for each format. */
export async function importRoutes(http: Http, ports: ImportRoutesPorts) {
  // In a scope of its own: elsewhere a zip is small and read at once.
  for (const format of IMPORT_FORMATS) await http.register(async (scope: Http) => importRoute(scope, format, ports))
}

function importRoute(scope: Http, format: ImportFormat, ports: ImportRoutesPorts) {
  const { learner, contentType, extension, summary, description } = format
  const { uploads, createJob, endOfTimes } = ports
  if (scope.hasContentTypeParser(contentType)) scope.removeContentTypeParser(contentType)
  scope.addContentTypeParser(contentType, (_request, body, done) => done(null, body))

  scope.post(
    `${learner.path}/import`,
    {
      bodyLimit: Number.MAX_SAFE_INTEGER, // how much it is stands in a setting, and so in the error
      config: { access: 'operator', longBody: true },
      schema: {
        ...{ summary, description },
        consumes: [contentType],
        body: Type.Unknown({ description: `the bytes of one ${extension}` }),
        params: learner.params,
        querystring: Type.Object({ states: Type.Optional(Type.Enum(['add'])) }),
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const { params, query, headers, body } = request
      if (!(body instanceof Readable)) {
        const what = `send the bytes of one ${extension} with Content-Type: ${contentType}`
        throw new HttpError(415, `not_${extension}`, what)
      }
      const ref = refIn(params)
      await refuseUnteachable(ref, learner.kind, ports)
      const id = cameraId(ref)
      const author = callerName(request)
      const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
      const begin = async (upload: string, sha256: string) => {
        const times = extension === 'csv' ? { sha256, endAt: await endOfTimes(id, sha256) } : {}
        return createJob(id, { upload, kind: learner.kind, addStates: query.states === 'add', ...times }, author)
      }
      const job = await uploads.take(author, body, length, begin, extension)
      return reply.status(202).send(shownJob(job))
    },
  )
}

/**
 * A new source of a device that is there may be taught before its first frame or reading. It is made only once its file
 * was looked at (`import.ts`): a sensor that is set up refuses what it cannot be asked about.
 */
async function refuseUnteachable(ref: CameraRef, kind: SourceKind, ports: ImportRoutesPorts): Promise<void> {
  const { sources, hasDevice, newestLength } = ports
  const known = hasDevice(ref.device) ? sources.find(cameraId(ref)) : sources.get(cameraId(ref))
  if (!sources.mayBe(ref, kind))
    throw badRequest('too_many_cameras', `${ref.device} has as many ${kind}s as a device may have`, 'camera')
  if (known?.follows)
    throw conflict('follows', `${known.id} is told by the model of ${known.follows}: import into that`)
  if (kind === 'sensor' && !known?.vector) await newestLength(ref)
}
