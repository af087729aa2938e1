import type { CameraBody, List } from '../api/bodies.ts'
import { get } from '../api/client.ts'
import type { SensorBody } from '../api/sensor-bodies.ts'
import { cameraPath, sensorPath, teachPath } from '../router/route.ts'

/** The camera or the sensor that models are of; what a sensor has not is empty. */
export interface Owner extends CameraBody {
  kind: 'camera' | 'sensor'
  /** Of its routes. */
  api: string
  /** Of its page, and of the one where it is taught. */
  page: string
  teach: string
}

/** @param id `device/name` @throws ApiError 404 where neither has that name */
export async function ownerOf(id: string): Promise<Owner> {
  const [device = '', name = ''] = id.split('/')
  const { items } = await get<List<SensorBody>>('/api/sensors', { device, cursor: id, limit: 1 })
  const source = items.find(({ sensor }) => sensor === name)?.source
  if (!source) {
    const camera = await get<CameraBody>(`/api/cameras/${id}`)
    return { ...camera, kind: 'camera', api: `/api/cameras/${id}`, page: cameraPath(id), teach: teachPath(id) }
  }
  return {
    ...{ ...source, id, device, camera: name, region: null, lastFrame: null },
    ...{ kind: 'sensor', api: `/api/sensors/${id}`, page: sensorPath(id), teach: sensorPath(id) },
  }
}

/** What it learns from. */
export const shotOf = ({ kind }: Pick<Owner, 'kind'>) => (kind === 'sensor' ? 'reading' : 'frame')
