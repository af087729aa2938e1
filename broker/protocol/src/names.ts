/** Device, camera, sensor and state names: lower-case letters, digits and hyphens, at most 32. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}$'
const NAME = new RegExp(NAME_PATTERN)
const MILLISECONDS = /^(0|[1-9][0-9]{0,15})$/
/** No date is later (https://tc39.es/ecma262/#sec-time-values-and-time-range). */
const LATEST_DATE = 8.64e15

export function isName(text: string): boolean {
  return NAME.test(text)
}

/** A camera's id is `device/camera`. */
export interface CameraRef {
  device: string
  camera: string
}

/** A frame's id is `device/camera/capturedAtMs`: the idempotency key on every row and log line. */
export interface FrameRef extends CameraRef {
  /** Milliseconds since 1970 UTC. */
  capturedAtMs: number
}

/** A reading's id is `device/sensor/atMs`. */
export interface ReadingRef {
  device: string
  sensor: string
  /** Milliseconds since 1970 UTC. */
  atMs: number
}

export function cameraId({ device, camera }: CameraRef): string {
  return `${device}/${camera}`
}

export function frameId({ device, camera, capturedAtMs }: FrameRef): string {
  return `${device}/${camera}/${capturedAtMs}`
}

/** The camera that `device/camera` names, or null where that is no id. */
export function parseCameraId(id: string): CameraRef | null {
  const [device = '', camera = '', ...rest] = id.split('/')
  return rest.length === 0 && isName(device) && isName(camera) ? { device, camera } : null
}

/** The frame that `device/camera/capturedAtMs` names, or null where that is no id. */
export function parseFrameId(id: string): FrameRef | null {
  const [device = '', camera = '', time = '', ...rest] = id.split('/')
  const capturedAtMs = parseMilliseconds(time)
  if (rest.length > 0 || !isName(device) || !isName(camera) || capturedAtMs === null) return null
  return { device, camera, capturedAtMs }
}

/** A time in milliseconds since 1970, in plain decimal digits and within what a date can hold, or null. */
export function parseMilliseconds(text: string): number | null {
  if (!MILLISECONDS.test(text)) return null
  const value = Number(text)
  return value <= LATEST_DATE ? value : null
}
