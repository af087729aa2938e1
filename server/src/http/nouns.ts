import { type CameraRef, NAME_PATTERN } from '@ajar/protocol'
import { Type } from 'typebox'
import { CameraPath, FramePath, Milliseconds, Name } from './shapes.ts'

/**
 * What has states stands under the path of its kind, and what can be asked of every kind is written once: a route is
 * declared in a loop over `NOUNS`, or over `LEARNERS`. Whoever asks for a camera as a sensor is answered 404.
 */
export interface Noun {
  kind: 'camera' | 'sensor' | 'door'
  /** As it stands in a sentence: `a camera`. */
  one: string
  /** `/api/cameras/:device/:camera` */
  path: string
  /** Schema of the path's parameters; `refIn` reads them. */
  params: ReturnType<typeof ofNoun>
}

/** What a camera or a sensor learns from: its frames, or its readings. */
export interface Learner extends Noun {
  /** `a frame` */
  shot: string
  /** `/api/frames/:device/:camera/:capturedAtMs` */
  shotPath: string
  /** Schema of that path's parameters; `shotIn` reads them. */
  shotParams: ReturnType<typeof ofShot>
}

/** The names in a path, as the paths of one kind or another have them. */
type NounParams = Partial<Record<'device' | 'camera' | 'sensor' | 'door', string>>
type ShotParams = NounParams & { capturedAtMs?: number; atMs?: number }

/** The device name of all doors: they are the server's own. No device can have it. */
export const DOORS = 'doors'

export const SensorPath = Type.Object({ device: Name, sensor: Name })
export const ReadingPath = Type.Object({ device: Name, sensor: Name, atMs: Milliseconds })
export const DoorPath = Type.Object({ door: Type.String({ pattern: NAME_PATTERN }) })

const ofNoun = (schema: object) => Type.Unsafe<NounParams>(schema)
const ofShot = (schema: object) => Type.Unsafe<ShotParams>(schema)

export const CAMERA: Learner = {
  kind: 'camera',
  one: 'a camera',
  path: '/api/cameras/:device/:camera',
  params: ofNoun(CameraPath),
  shot: 'a frame',
  shotPath: '/api/frames/:device/:camera/:capturedAtMs',
  shotParams: ofShot(FramePath),
}
export const SENSOR: Learner = {
  kind: 'sensor',
  one: 'a sensor',
  path: '/api/sensors/:device/:sensor',
  params: ofNoun(SensorPath),
  shot: 'a reading',
  shotPath: '/api/readings/:device/:sensor/:atMs',
  shotParams: ofShot(ReadingPath),
}
export const DOOR: Noun = { kind: 'door', one: 'a door', path: '/api/doors/:door', params: ofNoun(DoorPath) }

/** Who has states, and so a state, results, transitions and a history. */
export const NOUNS: readonly Noun[] = [CAMERA, SENSOR, DOOR]
/** Who also has labels and models. */
export const LEARNERS: readonly Learner[] = [CAMERA, SENSOR]

/** Which source a path names. */
export function refIn({ device = DOORS, camera, sensor, door }: NounParams): CameraRef {
  return { device, camera: camera ?? sensor ?? door ?? '' }
}

/** Which frame or reading a path names. */
export function shotIn(params: ShotParams): CameraRef & { capturedAtMs: number } {
  return { ...refIn(params), capturedAtMs: params.capturedAtMs ?? params.atMs ?? 0 }
}
