import type { CameraBody, List } from '../api/bodies.ts'
import { ApiError, get } from '../api/client.ts'
import type { ReadingValue } from '../api/reading-bodies.ts'
import type { DoorBody, SensorBody } from '../api/sensor-bodies.ts'
import { type LiveCamera, liveCamera } from './camera.ts'

const MOST = 1000

/** All that has states, as it is now. */
export interface Sources {
  cameras: LiveCamera[]
  /** Sensors and doors. */
  others: LiveCamera[]
  /** The newest reading of each of these sensors. */
  values: Map<string, ReadingValue | null>
}

/** @throws ApiError */
export async function loadSources(): Promise<Sources> {
  const [cameras, sensors, doors] = await Promise.all([
    get<List<CameraBody>>('/api/cameras'),
    get<List<SensorBody>>('/api/sensors', { limit: MOST }),
    get<List<DoorBody>>('/api/doors').catch(noneOfOlder),
  ])
  const set = sensors.items.filter(({ source }) => source)
  return {
    cameras: cameras.items.map((body) => liveCamera(body)),
    others: [...doors.items.map(liveDoor), ...set.flatMap(liveSensor)],
    values: new Map(set.map(({ device, sensor, value }) => [`${device}/${sensor}`, value])),
  }
}

/** A page that was loaded anew may still speak to the release before. */
function noneOfOlder(error: unknown): List<DoorBody> {
  if (error instanceof ApiError && error.status === 404) return { items: [], next: null }
  throw error
}

function liveSensor({ device, sensor, at, source }: SensorBody): LiveCamera[] {
  if (!source) return []
  const id = `${device}/${sensor}`
  const { states, model, state, staleAfterMs, follows } = source
  const lastFrame = at === null ? null : `${id}/${Date.parse(at)}`
  const live = liveCamera({ id, device, camera: sensor, states, model, state, staleAfterMs, lastFrame })
  return [{ ...live, kind: 'sensor', follows, firstNumbers: source.vector?.parts[0]?.length ?? null }]
}

function liveDoor({ id, name, states, state, staleAfterMs }: DoorBody): LiveCamera {
  const [device = ''] = id.split('/')
  const body = { id, device, camera: name, states, model: null, state, staleAfterMs, lastFrame: null }
  return { ...liveCamera(body), kind: 'door' }
}
