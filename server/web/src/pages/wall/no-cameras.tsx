import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { CopyText } from '../../design/copy-text.tsx'
import { Empty, Loading } from '../../design/elements.tsx'
import { addressOf, type Listeners, publishLine } from '../devices/addresses.ts'

/** Says how to come to a first picture: by a device, or by a line that publishes one. */
export function NoCameras() {
  const devices = useConsole().live.devices.value
  if (devices === null) return <Loading what="devices" />
  const [device] = devices.keys()
  return device === undefined ? <NoDevice /> : <NoFrames device={device} />
}

function NoDevice() {
  const { session } = useConsole()
  return (
    <Empty title="No device yet">
      <p>A device is a Raspberry Pi, or anything that speaks MQTT. Each has a credential of its own.</p>
      {session.canOperate.value ? (
        <a class="button main" href="/devices">
          Add a device
        </a>
      ) : (
        <p>An operator can add one.</p>
      )}
    </Empty>
  )
}

function NoFrames({ device }: { device: string }) {
  const listeners = useSignal<Listeners | null>(null)
  useEffect(() => {
    get<Listeners>('/api/listeners').then(
      (found) => {
        listeners.value = found
      },
      () => {},
    )
  }, [])
  const address = listeners.value && addressOf(listeners.value, location.hostname)
  return (
    <Empty title="No frames yet">
      <p>A camera appears here with its first frame. Any MQTT client sends one:</p>
      {address && (
        <CopyText label="Send a picture.jpg" text={publishLine(address, { name: device, token: 'CREDENTIAL' })} />
      )}
      <p>
        The credential is shown once, when the device is added or given a new one: see <a href="/devices">Devices</a>.
      </p>
    </Empty>
  )
}
