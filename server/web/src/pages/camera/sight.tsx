import { useEffect, useRef } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import { useConsole } from '../../console.ts'
import { clock } from '../../design/clock.ts'
import { Age, Button, Moment } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { duration, reasonInWords, timeOfDay } from '../../design/words.ts'
import { capturedAt } from '../../live/camera.ts'
import { isOrphan, isUntaught, troubleOf } from '../../live/trouble.ts'
import { LivePicture } from '../../picture/live-picture.tsx'
import { modelPath } from '../../router/route.ts'
import { CameraAlerts } from './camera-alerts.tsx'
import type { ChosenFrame } from './chosen-frame.ts'
import type { History } from './history.ts'
import { ReadingsAt, ReadingsNow } from './readings.tsx'
import { SaidOfFrame } from './said-of-frame.tsx'
import './sight.css'

interface SightProps {
  camera: CameraBody
  history: History
  chosen: ChosenFrame
}

const PICTURE_WIDTH = 1280

/** What the camera sees, now or at a moment of the past, and what was said of it. */
export function Sight({ camera, history, chosen }: SightProps) {
  const place = useRef<HTMLElement>(null)
  const live = useConsole().live.camera(camera.id)?.value
  const past = chosen.frame.value
  const frame = past ?? (live ? live.frame : camera.lastFrame)
  const pastAt = capturedAt(past)
  // It was chosen from a list or a line further down, where one does not see it.
  useEffect(() => {
    if (past !== null) place.current?.scrollIntoView({ block: 'nearest' })
  }, [past])
  return (
    <section class="sight card" aria-label="Picture" ref={place} aria-busy={chosen.isSought.value}>
      <div class="sight-picture">
        <LivePicture
          frame={frame}
          width={PICTURE_WIDTH}
          alt={`${camera.id}, ${past === null ? 'the newest' : 'the chosen'} frame`}
          isChosen={past !== null}
        />
        <PictureSign chosen={chosen} />
      </div>
      <div class="said">
        {past === null ? (
          <Now camera={camera} />
        ) : (
          <SaidOfFrame frame={past} camera={camera} onLabelled={() => history.reload()} />
        )}
        {pastAt === null ? (
          <ReadingsNow device={camera.device} />
        ) : (
          <ReadingsAt key={past} device={camera.device} at={pastAt} />
        )}
        <CameraAlerts id={camera.id} device={camera.device} />
        <Steps history={history} chosen={chosen} frame={frame} />
      </div>
    </section>
  )
}

/** Which moment the picture shows. */
function PictureSign({ chosen }: { chosen: ChosenFrame }) {
  const { live } = useConsole()
  if (chosen.isSought.value) return <p class="sight-sign">Looking for the frame …</p>
  const at = capturedAt(chosen.frame.value)
  if (at !== null)
    return (
      <p class="sight-sign past">
        <Moment at={at}>{timeOfDay(at)}</Moment>
      </p>
    )
  return <p class="sight-sign">{live.liveness.value === 'live' ? 'Newest' : 'Not live'}</p>
}

function Now({ camera }: { camera: CameraBody }) {
  const { live } = useConsole()
  const now = live.camera(camera.id)?.value
  if (!now) return null
  const devices = live.devices.value
  const trouble = troubleOf(now, clock.value, devices)
  // A trouble says why it is unknown, unless it was never taught.
  const isUnknown = now.state === 'unknown' && (trouble === null || isUntaught(now))
  return (
    <>
      <p class="large-state">
        <StateBadge
          state={now.state}
          states={camera.states}
          confidence={now.result?.state === now.state ? now.result.confidence : null}
        />
      </p>
      {trouble !== null && <p class="reason">{trouble}</p>}
      {isUnknown && <p class="reason">{reasonInWords(now.reason)}</p>}
      <dl class="facts">
        <dt>For</dt>
        <dd>
          {now.since === null ? '–' : <Moment at={now.since}>{duration(Math.max(0, clock.value - now.since))}</Moment>}
        </dd>
        <dt>Newest frame</dt>
        <dd>{now.frameAt === null ? 'none yet' : <Age at={now.frameAt} />}</dd>
        <dt>Model</dt>
        <dd>{now.model === null ? 'none yet' : <a href={modelPath(now.model)}>{now.model}</a>}</dd>
        <dt>Device</dt>
        <dd>
          {isOrphan(camera, devices)
            ? 'removed'
            : devices?.get(camera.device)?.connected
              ? 'connected'
              : 'not connected'}
        </dd>
      </dl>
    </>
  )
}

/** To the frame before and after, and back to the newest. */
function Steps({ history, chosen, frame }: { history: History; chosen: ChosenFrame; frame: string | null }) {
  const at = capturedAt(frame)
  if (at === null) return null
  const isNewest = chosen.frame.value === null
  return (
    <div class="steps">
      <Button aria-label="The frame before" onClick={() => void chosen.find((signal) => history.before(at, signal))}>
        ←
      </Button>
      <Button
        aria-label="The frame after"
        disabled={isNewest}
        onClick={() => void chosen.find((signal) => history.after(at + 1, signal))}
      >
        →
      </Button>
      {!isNewest && (
        <Button kind="main" onClick={() => chosen.show(null)}>
          Back to live
        </Button>
      )}
    </div>
  )
}
