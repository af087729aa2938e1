import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { Age } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { duration } from '../../design/words.ts'
import type { LiveCamera } from '../../live/camera.ts'
import { isUntaught, troubleOf } from '../../live/trouble.ts'
import { cameraPath, doorPath, sensorPath, teachPath } from '../../router/route.ts'
import { Strip } from './strip.tsx'
import { AlertCount, AlertNote } from './tile-alert.tsx'
import { TileFace } from './tile-face.tsx'

/** One camera, sensor or door of the wall. It renders with its own events only. */
export function Tile({ id }: { id: string }) {
  const camera = useConsole().live.camera(id)?.value
  if (!camera) return null
  return (
    <li class="tile card">
      <TileFace source={camera} />
      <div class="tile-sign">
        <StateBadge
          state={camera.state}
          states={camera.states}
          confidence={camera.result?.state === camera.state ? camera.result.confidence : null}
        />
      </div>
      <AlertCount id={id} />
      <div class="tile-words">
        <h2>
          <a href={pathOf(camera)} title={id}>
            {camera.camera}
          </a>
        </h2>
        <small class="device">{camera.kind === 'door' ? 'door' : camera.device}</small>
        <small class="age">
          {camera.kind === 'door' ? '' : camera.frameAt === null ? '–' : <Age at={camera.frameAt} />}
        </small>
      </div>
      <Strip id={id} states={camera.states} />
      <AlertNote id={id} />
      <Notes camera={camera} />
    </li>
  )
}

const pathOf = ({ id, kind, camera }: LiveCamera) =>
  kind === 'camera' ? cameraPath(id) : kind === 'sensor' ? sensorPath(id) : doorPath(camera)

/** What is wrong with it, and what is to be done next; or for how long it has been so. */
function Notes({ camera }: { camera: LiveCamera }) {
  const { live, session } = useConsole()
  const trouble = troubleOf(camera, clock.value, live.devices.value)
  const { since } = camera
  return (
    <>
      {trouble !== null && <p class="tile-note trouble">{trouble}</p>}
      {camera.follows !== null && (
        <p class="tile-note">
          asks the model of <a href={sensorPath(camera.follows)}>{camera.follows}</a>
        </p>
      )}
      {isUntaught(camera) && session.canOperate.value && camera.frameAt !== null && camera.follows === null ? (
        <p class="tile-note">
          <a class="to-teach" href={camera.kind === 'sensor' ? sensorPath(camera.id) : teachPath(camera.id)}>
            Teach it its states
          </a>
        </p>
      ) : (
        trouble === null && (
          <p class="tile-note">
            {since === null ? 'not taught yet' : `for ${duration(Math.max(0, clock.value - since))}`}
          </p>
        )
      )}
    </>
  )
}
