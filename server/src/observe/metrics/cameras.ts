import type { Counter, Registry } from 'prom-client'
import type { Recorder } from '../../record/recorder.ts'
import { gauges, type Sample } from './told.ts'

/** What is known of all that has states, of which `camera` is the id. Times are milliseconds UTC. */
export interface CameraFacts {
  sources(): { id: string }[]
  recorder: Pick<Recorder, 'state' | 'receivedAt'>
}

/** @param transitions forgets cameras that are gone, so that there are no more series than cameras and their states */
export function tellCameras(registry: Registry, { sources, recorder }: CameraFacts, transitions: Counter) {
  const tellAge = (name: string, help: string, since: (camera: string) => number | null) =>
    gauges(registry, name, help, ['camera'], () =>
      sources().flatMap(({ id: camera }): Sample[] => {
        const at = since(camera)
        return at === null ? [] : [[{ camera }, Math.max(0, Date.now() - at) / 1000]]
      }),
    )
  gauges(
    registry,
    'ajar_camera_state',
    '1 for the state that each camera, sensor and door is in',
    ['camera', 'state'],
    async (): Promise<Sample[]> => {
      const now = sources().map(({ id }) => id)
      await forgetOthers(transitions, new Set(now))
      return now.map((camera) => [{ camera, state: recorder.state(camera).state }, 1])
    },
  )
  const stateAge = 'for how long each camera, sensor and door is in its state'
  tellAge('ajar_camera_state_age_seconds', stateAge, (camera) => recorder.state(camera).since)
  const frameAge = 'how long ago the last frame of each camera, or reading of each sensor with states, came in'
  tellAge('ajar_camera_last_frame_age_seconds', frameAge, (camera) => recorder.receivedAt(camera))
}

async function forgetOthers(transitions: Counter, cameras: Set<string>) {
  for (const { labels } of (await transitions.get()).values)
    if (!cameras.has(String(labels.camera))) transitions.remove(labels)
}
