import { CameraState } from '@ajar/protocol'
import { Type } from 'typebox'
import { iso, Name, nullable, Time } from '../http/shapes.ts'
import { commonSettings, fraction } from './source-settings.ts'
import type { Source, Sources } from './sources.ts'

/** A camera as every route that answers with one shows it. */

const strict = { additionalProperties: false }

export const Polygon = Type.Array(Type.Object({ x: Type.Number(fraction), y: Type.Number(fraction) }, strict), {
  minItems: 3,
  maxItems: 64,
  description: 'corners of a polygon, fractions of the upright frame',
})
/** What an operator sets of a camera. */
export const cameraSettings = {
  ...commonSettings,
  region: nullable({
    ...Polygon,
    description:
      'region of interest: corners of a polygon, fractions of the upright frame; null is all of it. Models made from ' +
      'now on look at it alone; the active model goes on with its own',
  }),
  masks: Type.Array(Polygon, {
    maxItems: 16,
    description:
      'privacy masks: what lies in these polygons is black in every frame that is stored after the answer; ' +
      'frames stored before, also where they are sent again, keep what they show until they are purged',
  }),
}
export const CameraBody = Type.Object({
  id: Type.String({ description: 'device/camera' }),
  device: Name,
  camera: Name,
  ...cameraSettings,
  model: nullable(Type.String({ description: 'the active model, device/camera@version' })),
  createdAt: Time,
  state: CameraState,
  lastFrame: nullable(Type.String({ description: 'the newest classified frame' })),
  aliases: Type.Array(Type.String(), { description: 'names it had, under which its frames may still come' }),
  borrowed: Type.Array(Type.Object({ camera: Type.String(), labels: Type.Integer() }), {
    description: 'labels that it took over from other cameras',
  }),
})

export interface CameraBodyPorts {
  sources: Sources
  /** The state that is published of the camera. */
  state(camera: string): CameraState
  /** Ids of the newest classified frame of each camera that has one. */
  newestFrames(): Promise<Map<string, string>>
  /** How many labels each camera borrowed of each other one. */
  borrowed(): Promise<{ camera: string; source: string; labels: number }[]>
}

/** Shows cameras: what they are set to, and what is known of them besides. */
export async function shownCameras(shown: Source[], { sources, state, newestFrames, borrowed }: CameraBodyPorts) {
  const [counts, newest] = await Promise.all([borrowed(), newestFrames()])
  return shown.map(({ activeModel, createdAt, kind: _kind, vector: _vector, follows: _follows, name, ...camera }) => ({
    ...camera,
    camera: name,
    model: activeModel,
    createdAt: iso(createdAt),
    state: state(camera.id),
    lastFrame: newest.get(camera.id) ?? null,
    aliases: sources.aliasesOf(camera.id),
    borrowed: counts
      .filter((one) => one.camera === camera.id)
      .map(({ source, labels }) => ({ camera: source, labels })),
  }))
}

export async function shownCamera(camera: Source, ports: CameraBodyPorts) {
  const [shown] = await shownCameras([camera], ports)
  if (!shown) throw new Error('one camera in, one camera out')
  return shown
}
