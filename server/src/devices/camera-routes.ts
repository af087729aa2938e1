import type { Region } from '@ajar/models'
import { CameraState, cameraId } from '@ajar/protocol'
import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { CAMERA, NOUNS, refIn } from '../http/nouns.ts'
import { listOf } from '../http/shapes.ts'
import { CameraBody, type CameraBodyPorts, cameraSettings, shownCamera, shownCameras } from './camera-body.ts'
import { refuseReserved } from './devices.ts'
import { areaOf, isFlat } from './polygon.ts'
import { refuseReservedStates } from './source-settings.ts'
import type { Source, SourceSettings } from './sources.ts'

/** Its share of the frame: of a picture of 640 x 480 no less than 17 x 17 pixels. */
const LEAST_REGION = 0.001

export interface CameraRoutesPorts extends CameraBodyPorts {
  change(camera: string, change: Partial<SourceSettings>, author: string): Promise<Source>
}

export function cameraRoutes(http: Http, ports: CameraRoutesPorts) {
  const { sources, change, state } = ports
  const shown = (camera: Source) => shownCamera(camera, ports)

  http.get(
    '/api/cameras',
    {
      config: { access: 'viewer' },
      schema: { summary: 'All cameras with their states', response: { 200: listOf(CameraBody) } },
    },
    async () => ({ items: await shownCameras(sources.ofKind('camera'), ports), next: null }),
  )

  http.get(
    CAMERA.path,
    {
      config: { access: 'viewer' },
      schema: { summary: 'One camera', params: CAMERA.params, response: { 200: CameraBody } },
    },
    async ({ params }) => shown(sources.at(CAMERA, params)),
  )

  for (const noun of NOUNS)
    http.get(
      `${noun.path}/state`,
      {
        config: { access: 'viewer' },
        schema: { summary: `The state of ${noun.one}`, params: noun.params, response: { 200: CameraState } },
      },
      async ({ params }) => state(sources.at(noun, params).id),
    )

  http.patch(
    CAMERA.path,
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Set states, threshold, debounce, region of interest, privacy masks',
        params: CAMERA.params,
        body: Type.Partial(Type.Object(cameraSettings), { additionalProperties: false }),
        response: { 200: CameraBody },
      },
    },
    async (request) => {
      const { params, body } = request
      refuseReservedStates(body.states)
      refuseUselessRegion(body.region ?? null)
      const flat = body.masks?.findIndex(isFlat) ?? -1
      if (flat >= 0)
        throw badRequest('flat_mask', 'the corners of this mask lie on one line: it covers nothing', `masks.${flat}`)
      const ref = refIn(params)
      if (!sources.find(cameraId(ref))) refuseReserved(ref.device, 'device')
      // A camera may be set up before its first frame.
      const made = await sources.ensure(ref)
      if (!made) throw badRequest('too_many_cameras', 'this device has 64 cameras already')
      return shown(await change(made.id, body, callerName(request)))
    },
  )
}

function refuseUselessRegion(region: Region | null) {
  if (!region) return
  if (isFlat(region))
    throw badRequest('flat_region', 'the corners of the region lie on one line: there is nothing to see', 'region')
  const area = areaOf(region)
  if (area >= LEAST_REGION) return
  const [has, least] = [area, LEAST_REGION].map((share) => `${(share * 100).toFixed(2)} %`)
  const what = `the region covers ${has} of the frame and at least ${least} are needed`
  throw badRequest('small_region', `${what}: draw it larger, and so that its edges do not cross`, 'region')
}
