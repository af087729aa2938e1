import { HttpError } from '../http/errors.ts'

/** How deep the lists of each TYPE go: `[angle][point]`, `[phase, amplitude][angle][subcarrier][point]`. */
const DEPTHS: Record<string, number> = { RSSI: 2, CSI: 4 }
const CSI_PARTS = 2
/** TYPE whose DATA is `device/camera`: ours, of no older client. */
const CAMERA = 'CAMERA'

/** Why what was sent trains nothing, or null where DATA names a camera. The order of the checks is that of the old server. */
export function trainingDataFlaw(type: unknown, data: unknown): HttpError | null {
  if (type === undefined || type === null) return new HttpError(401, 'no_type', 'Error, no type provided')
  if (data === undefined || data === null) return noData()
  if (type === CAMERA) return typeof data === 'string' && data !== '' ? null : noData()
  const depth = typeof type === 'string' && Object.hasOwn(DEPTHS, type) ? DEPTHS[type] : undefined
  if (depth === undefined) return new HttpError(403, 'bad_type', "Error, data type specified doesn't exist")
  if (!isNested(data, depth) || (type === 'CSI' && (data as unknown[]).length !== CSI_PARTS)) return noData()
  return new HttpError(
    503,
    'no_sensor_training',
    `Error, this server does not train on ${type} yet and nothing was trained: TYPE CAMERA with DATA "device/camera" trains a camera`,
  )
}

/** What is not of the shape that its TYPE has is no data. */
function noData() {
  return new HttpError(402, 'no_data', 'Error, no data provided')
}

function isNested(data: unknown, depth: number): boolean {
  if (depth === 0) return typeof data === 'number'
  return Array.isArray(data) && data.length > 0 && data.every((inner) => isNested(inner, depth - 1))
}
