import { CameraState, NAME_PATTERN } from '@ajar/protocol'
import { Type } from 'typebox'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { CameraPath, iso, listOf, Name, nullable, Time } from '../http/shapes.ts'
import type { Camera, Cameras } from './cameras.ts'

const fraction = { minimum: 0, maximum: 1 }
const strict = { additionalProperties: false }

const Box = Type.Object(
  {
    x: Type.Number(fraction),
    y: Type.Number(fraction),
    width: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    height: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  },
  { ...strict, description: 'region of interest, fractions of the frame' },
)
const settings = {
  states: Type.Array(Type.String({ pattern: NAME_PATTERN }), {
    maxItems: 32,
    uniqueItems: true,
    description: 'names the camera can be in; `unknown` is not one of them',
  }),
  threshold: Type.Number({ ...fraction, description: 'a result of less confidence is `unknown`' }),
  debounce: Type.Integer({ minimum: 1, maximum: 1000, description: 'so many agreeing results change the state' }),
  staleAfterMs: Type.Integer({
    minimum: 1000,
    maximum: 86_400_000,
    description: '`unknown` when frames stop for so long',
  }),
  box: nullable(Box),
}
const CameraBody = Type.Object({
  id: Type.String({ description: 'device/camera' }),
  device: Name,
  camera: Name,
  ...settings,
  model: nullable(Type.String({ description: 'the active model, device/camera@version' })),
  createdAt: Time,
  state: CameraState,
})

export interface CameraRoutesPorts {
  cameras: Cameras
  /** The state that is published of the camera. */
  state(camera: string): CameraState
}

export function cameraRoutes(http: Http, { cameras, state }: CameraRoutesPorts) {
  const shown = ({ activeModel, createdAt, ...camera }: Camera) => ({
    ...camera,
    model: activeModel,
    createdAt: iso(createdAt),
    state: state(camera.id),
  })

  http.get(
    '/api/cameras',
    {
      config: { access: 'viewer' },
      schema: { summary: 'All cameras with their states', response: { 200: listOf(CameraBody) } },
    },
    async () => ({ items: cameras.list().map(shown), next: null }),
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
        summary: 'Set states, threshold, debounce, region of interest',
        params: CameraPath,
        body: Type.Partial(Type.Object(settings), strict),
        response: { 200: CameraBody },
      },
    },
    async ({ params, body }) => {
      if (body.states?.includes('unknown'))
        throw badRequest('reserved', '`unknown` is what ajar says itself: choose another name', 'states')
      if (body.box && (body.box.x + body.box.width > 1 || body.box.y + body.box.height > 1))
        throw badRequest('outside', 'the box reaches beyond the frame', 'box')
      // A camera may be set up before its first frame.
      const made = await cameras.ensure(params)
      if (!made) throw badRequest('too_many_cameras', 'this device has 64 cameras already')
      return shown(await cameras.change(made.id, body))
    },
  )
}
