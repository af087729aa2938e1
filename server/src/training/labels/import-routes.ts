import { Readable } from 'node:stream'
import { type CameraRef, cameraId } from '@ajar/protocol'
import { Type } from 'typebox'
import type { JobRow } from '../../database/schema.ts'
import type { Sources } from '../../devices/sources.ts'
import { callerName } from '../../http/access.ts'
import { badRequest, HttpError } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { JobBody, shownJob } from '../../http/job-body.ts'
import { CameraPath } from '../../http/shapes.ts'
import type { Uploads } from './uploads.ts'

const ZIP = 'application/zip'

export interface ImportRoutesPorts {
  sources: Sources
  hasDevice(name: string): boolean
  uploads: Uploads
  createJob(camera: string, params: object, owner: string): Promise<JobRow>
}

export async function importRoutes(http: Http, { sources, hasDevice, uploads, createJob }: ImportRoutesPorts) {
  /** A new camera of a device that is there may be taught before its first frame. */
  const cameraFor = async (ref: CameraRef): Promise<string> => {
    if (!hasDevice(ref.device)) return sources.get(cameraId(ref)).id
    const camera = await sources.ensure(ref)
    if (!camera)
      throw badRequest('too_many_cameras', `${ref.device} has as many cameras as a device may have`, 'camera')
    return camera.id
  }
  // In a scope of its own: elsewhere a zip is small and read at once.
  await http.register(async (scope: Http) => {
    scope.removeContentTypeParser(ZIP)
    scope.addContentTypeParser(ZIP, (_request, body, done) => done(null, body))

    scope.post(
      '/api/cameras/:device/:camera/import',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER, // how much it is stands in a setting, and so in the error
        config: { access: 'operator', longBody: true },
        schema: {
          summary: 'Import labelled pictures from a zip; answers with the job',
          description:
            'One folder per state with JPEGs, PNGs or WebPs; `unclear` and `ignore` are marks, and what an export wrote is ' +
            'read again. The time of a picture is that of the manifest, else of its name (yyyymmdd_hhmmss), else of its ' +
            'EXIF, else of its entry in the zip, all UTC. The pictures become frames as any others, masks applied, but ' +
            'make no results; sent again they are the same frames. A state that the camera does not have is an error ' +
            'unless it has none at all, or with `states=add`. A camera that is not there is made where its device is. The result of the job: imported, labelled, duplicates, ' +
            'skipped (file and reason, at most 100), skippedCount.',
          consumes: [ZIP],
          body: Type.Unknown({ description: 'the bytes of one zip' }),
          params: CameraPath,
          querystring: Type.Object({ states: Type.Optional(Type.Enum(['add'])) }),
          response: { 202: JobBody },
        },
      },
      async (request, reply) => {
        const { params, query, headers } = request
        const { body } = request
        if (!(body instanceof Readable))
          throw new HttpError(415, 'not_zip', `send the bytes of one zip with Content-Type: ${ZIP}`)
        const id = await cameraFor(params)
        const author = callerName(request)
        const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
        const job = await uploads.take(author, body, length, (upload) =>
          createJob(id, { upload, addStates: query.states === 'add' }, author),
        )
        return reply.status(202).send(shownJob(job))
      },
    )
  })
}
