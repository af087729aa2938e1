import type { DeviceBody } from '../../api/bodies.ts'
import { Button } from '../../design/elements.tsx'
import { faultIn } from '../../live/agent-fault.ts'
import { cameraPath } from '../../router/route.ts'
import { camerasSet, sendingInWords, sendSettingsOf } from './send-settings.ts'
import { camerasOf, countsInWords, countsOf } from './status.ts'

interface DeviceCamerasProps {
  device: DeviceBody
  /** Names of those that have sent something. */
  names: string[]
  /** Whether it is a sensor's: then no camera is missing. */
  hasSensors: boolean
  /** Asks when a camera is to send; null where nobody may, or nobody would listen. */
  onSetSending: ((camera: string) => void) | null
}

/** The cameras of a device: what takes their pictures, what became of those, and when they are sent. */
export function DeviceCameras({ device, names, hasSensors, onSetSending }: DeviceCamerasProps) {
  const { status, desired, connected } = device
  const agents = camerasOf(status)
  const set = camerasSet(desired?.settings ?? null)
  const all = [...new Set([...names, ...(agents ?? []), ...set])].sort()
  if (all.length === 0)
    return hasSensors ? null : (
      <p class="hint">Nothing yet: a camera is there from its first frame on, a sensor from its first reading.</p>
    )
  return (
    <section aria-label={`Cameras of ${device.name}`}>
      <h3>Cameras</h3>
      <ul class="device-cameras">
        {all.map((name) => {
          const counts = countsOf(status, name)
          const fault = connected ? faultIn(status, name) : null
          // Settings of a camera that the agent has no more keep it from following any: they can be taken back.
          const canSet = agents === null || agents.includes(name) || set.includes(name)
          const sending = sendingInWords(sendSettingsOf(desired?.settings ?? null, name))
          return (
            <li key={name}>
              <div>
                <a href={cameraPath(`${device.name}/${name}`)}>{name}</a>{' '}
                {counts?.driver && <small>by {counts.driver}</small>}
                {fault !== null && <p class="counts worrying">takes no pictures: {fault}</p>}
                {counts && (
                  <p class={counts.dropped > 0 ? 'counts worrying' : 'counts'}>{countsInWords(counts, status)}</p>
                )}
                {sending !== null && <p class="counts">{sending}</p>}
              </div>
              {onSetSending && canSet && (
                <Button aria-label={`When to send: ${name}`} onClick={() => onSetSending(name)}>
                  When to send
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
