import type { Mask } from '@ajar/models'
import { CameraState } from '@ajar/protocol'
import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { CameraPath, listOf } from '../http/shapes.ts'
import { CameraBody, type CameraBodyPorts, cameraSettings, shownCamera, shownCameras } from './camera-body.ts'
import type { Camera, CameraSettings } from './cameras.ts'
import { isReserved } from './devices.ts'

export interface CameraRoutesPorts extends CameraBodyPorts {
  change(camera: string, change: Partial<CameraSettings>, author: string): Promise<Camera>
}

export function cameraRoutes(http: Http, ports: CameraRoutesPorts) {
  const { cameras, change, state } = ports
  const shown = (camera: Camera) => shownCamera(camera, ports)

  http.get(
    '/api/cameras',
    {
      config: { access: 'viewer' },
      schema: { summary: 'All cameras with their states', response: { 200: listOf(CameraBody) } },
    },
    async () => ({ items: await shownCameras(cameras.list(), ports), next: null }),
  )

  http.get(
    '/api/cameras/:device/:camera',
    {
      config: { access: 'viewer' },
      schema: { summary: 'One camera', params: CameraPath, response: { 200: CameraBody } },
    },
    async ({ params }) => shown(cameras.get(`${params.device}/${params.camera}`)),
  )

  http.get(
    '/api/cameras/:device/:camera/state',
    {
      config: { access: 'viewer' },
      schema: { summary: 'The state of a camera', params: CameraPath, response: { 200: CameraState } },
    },
    async ({ params }) => state(cameras.get(`${params.device}/${params.camera}`).id),
  )

  http.patch(
    '/api/cameras/:device/:camera',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Set states, threshold, debounce, region of interest, privacy masks',
        params: CameraPath,
        body: Type.Partial(Type.Object(cameraSettings), { additionalProperties: false }),
        response: { 200: CameraBody },
      },
    },
    async (request) => {
      const { params, body } = request
      if (body.states?.includes('unknown'))
        throw badRequest('reserved', '`unknown` is what ajar says itself: choose another name', 'states')
      if (body.box && (body.box.x + body.box.width > 1 || body.box.y + body.box.height > 1))
        throw badRequest('outside', 'the box reaches beyond the frame', 'box')
      const flat = body.masks?.findIndex(isFlat) ?? -1
      if (flat >= 0)
        throw badRequest('flat_mask', 'the corners of this mask lie on one line: it covers nothing', `masks.${flat}`)
      if (isReserved(params.device))
        throw badRequest('reserved', `${params.device} is an MQTT user name of people`, 'device')
      // A camera may be set up before its first frame.
      const made = await cameras.ensure(params)
      if (!made) throw badRequest('too_many_cameras', 'this device has 64 cameras already')
      return shown(await change(made.id, body, callerName(request)))
    },
  )
}

/** Whether all corners of a polygon lie on one line. */
function isFlat([a, ...others]: Mask): boolean {
  if (!a) return true
  const far = others.reduce((one, other) => (distance(a, other) > distance(a, one) ? other : one), a)
  return others.every(({ x, y }) => Math.abs((far.x - a.x) * (y - a.y) - (far.y - a.y) * (x - a.x)) < 1e-7)
}

function distance(one: Mask[number], other: Mask[number]): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}
