import { useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import { useAction } from '../../../api/use-action.ts'
import { useConsole } from '../../../console.ts'
import { Button } from '../../../design/elements.tsx'
import { CameraChoice } from '../camera-choice.tsx'
import type { Automatic } from './automatic.ts'

/** The task that measures what a sensor has at night: hot pixels, noise, sharpness. */
export const HEALTH = 'camera_health'
const EACH_NIGHT = '0 3 * * *'

interface HealthEachNightProps {
  all: readonly Automatic[]
  onMade(): Promise<void>
}

/** What one wants of most cameras, ready-made. */
export function HealthEachNight({ all, onMade }: HealthEachNightProps) {
  const { live } = useConsole()
  const { busy, run } = useAction()
  const [wanted, setCamera] = useState('')
  const cameras = (live.ids.value ?? []).filter(
    (id) => !all.some(({ task, camera }) => task === HEALTH && camera === id),
  )
  const camera = cameras.includes(wanted) ? wanted : cameras[0]
  if (camera === undefined) return null
  const add = () =>
    run(async () => {
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
      const schedule = { kind: 'task', camera, cron: EACH_NIGHT, timezone: timeZone, params: { task: HEALTH } }
      await send('POST', '/api/schedules', schedule)
      await onMade()
      return undefined
    })
  return (
    <div class="ready-made">
      <span>
        <strong>Camera health each night</strong>
        <small> hot pixels, noise and sharpness become readings</small>
      </span>
      <span class="newest">
        <Button busy={busy.value} aria-label={`Add for ${camera}: camera health each night`} onClick={() => void add()}>
          Add{cameras.length === 1 ? ` for ${camera}` : ' for'}
        </Button>
        <CameraChoice label="Camera whose health is measured" cameras={cameras} camera={camera} onChange={setCamera} />
      </span>
    </div>
  )
}
