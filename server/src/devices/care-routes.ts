import { cameraId, parseCameraId } from '@ajar/protocol'
import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { CAMERA } from '../http/nouns.ts'
import { CameraPath, Milliseconds } from '../http/shapes.ts'
import { CameraBody, type CameraBodyPorts, shownCamera } from './camera-body.ts'
import type { CameraCare } from './care.ts'

const strict = { additionalProperties: false }

export interface CareRoutesPorts extends CameraBodyPorts {
  care: CameraCare
  /** Gives borrowed labels back. */
  giveBack(camera: string, source?: string): Promise<number>
}

/** What is done to a camera as a whole. */
export function careRoutes(http: Http, ports: CareRoutesPorts) {
  const { sources, care } = ports

  http.post(
    '/api/cameras/:device/:camera/rename',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Give a camera another name, also on another device, with all its history',
        description:
          'The old name becomes an alias: what still comes under it are frames of this camera. Frames, labels and events ' +
          'are then named after the new name; a model keeps its id. To move a camera to a new Pi, add that device ' +
          'first. A camera of the new name that was only set up makes way; one with frames, labels or models does not ' +
          '(camera_exists).',
        params: CameraPath,
        body: Type.Object({ to: Type.String({ description: 'device/camera' }) }, strict),
        response: { 200: CameraBody },
      },
    },
    async (request) => {
      const { params, body } = request
      const to = parseCameraId(body.to)
      if (!to) throw badRequest('bad_name', `${body.to} is no device/camera: lower-case letters, digits, hyphens`, 'to')
      const { id } = sources.at(CAMERA, params)
      return shownCamera(await care.renaming.rename(id, to, callerName(request)), ports)
    },
  )

  http.delete(
    '/api/cameras/:device/:camera/aliases/:oldDevice/:oldCamera',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Free a name that a camera had: what comes under it then makes a camera of its own',
        params: Type.Object({ ...CameraPath.properties, oldDevice: Type.String(), oldCamera: Type.String() }),
      },
    },
    async ({ params }, reply) => {
      const { id } = sources.at(CAMERA, params)
      await sources.freeAlias(id, `${params.oldDevice}/${params.oldCamera}`)
      return reply.status(204).send()
    },
  )

  http.delete(
    '/api/cameras/:device/:camera',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Delete a camera with its frames, results, labels and models; answers with the job',
        description:
          'It is gone from all lists at once. Until the job is done, frames under its names are refused (being_deleted); ' +
          'frames that come after that make a new camera, so stop its Pi first. A job that was cancelled or failed is ' +
          'begun again by the next call, or the next start. Points in InfluxDB stay.',
        params: CameraPath,
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const id = cameraId(request.params)
      if (!sources.isBeingDeleted(id)) sources.at(CAMERA, request.params)
      return reply.status(202).send(shownJob(await care.deletion.delete(id, callerName(request))))
    },
  )

  http.delete(
    '/api/cameras/:device/:camera/frames',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Purge a span of a camera for good; answers with the job',
        description:
          'Everything of the span goes and is overwritten on the disk: frames, also labelled ones, results, transitions, ' +
          'labels (those that other cameras borrowed too), embeddings, events, and points that wait for InfluxDB. Models ' +
          'that learned from these frames stay, and so do points that InfluxDB has. A purge that was cancelled has ' +
          'removed a part: ask for it again.',
        params: CameraPath,
        querystring: Type.Object({ from: Milliseconds, to: Milliseconds }),
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const { params, query } = request
      const job = await care.purge.purge(sources.at(CAMERA, params).id, query, callerName(request))
      return reply.status(202).send(shownJob(job))
    },
  )

  http.post(
    '/api/cameras/:device/:camera/copy',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Copy settings, states, labels or the model of another camera to this one',
        description:
          'settings: threshold, debounce, staleAfterMs, region, masks. labels: a snapshot of the labels of its own frames; ' +
          'they are borrowed, and the next training embeds these frames with the region of this camera. ' +
          'model: its active model is the next version of this camera, and active at once; it has to know the states that ' +
          'this camera has then, looks at the region of this camera, and is refined by the next training.',
        params: CameraPath,
        body: Type.Object(
          {
            from: Type.String({ description: 'device/camera' }),
            what: Type.Array(Type.Enum(['settings', 'states', 'labels', 'model']), { minItems: 1, uniqueItems: true }),
          },
          strict,
        ),
        response: { 200: CameraBody },
      },
    },
    async (request) => {
      const { params, body } = request
      const { id } = sources.at(CAMERA, params)
      return shownCamera(await care.settingUp.copy(id, body.from, body.what, callerName(request)), ports)
    },
  )

  http.delete(
    '/api/cameras/:device/:camera/borrowed-labels',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Give back labels that were copied from other cameras',
        params: CameraPath,
        querystring: Type.Object({ from: Type.Optional(Type.String({ description: 'only those of this camera' })) }),
        response: { 200: Type.Object({ removed: Type.Integer() }) },
      },
    },
    async ({ params, query }) => {
      const { id } = sources.at(CAMERA, params)
      return { removed: await ports.giveBack(id, query.from) }
    },
  )
}
