import { useEffect, useState } from 'preact/hooks'
import type { DeviceBody, List } from '../../api/bodies.ts'
import { ApiError, get, send } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { serverNow } from '../../design/clock.ts'
import { Age, Button, Empty, Failed, Loading } from '../../design/elements.tsx'
import { OLDER_CLIENTS } from '../../live/trouble.ts'
import { page } from '../../page.tsx'
import { DOORS_PATH } from '../../router/route.ts'
import { sensorsOf } from '../../sensors/sensor.ts'
import { SensorList } from '../../sensors/sensor-list.tsx'
import { useSensors } from '../../sensors/use-sensors.ts'
import { AddDialog } from './add-dialog.tsx'
import type { Credential } from './addresses.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { CredentialDialog } from './credential-dialog.tsx'
import { type DeviceAct, DeviceCard } from './device-card.tsx'
import { withEvent } from './presence.ts'
import './devices.css'

const SendDialog = page(async () => (await import('./send-dialog.tsx')).SendDialog)

/** What stands open over the page. */
type Open =
  | { dialog: 'add' }
  | { dialog: 'credential'; credential: Credential }
  | { dialog: 'sending'; device: DeviceBody; camera: string }
  | { dialog: 'sensor'; device: string; sensor: string }
  | { dialog: 'replace' | 'disable' | 'remove'; device: string }

/** The Pis and other clients that send frames: who is there, who may come, and how one more is connected. */
export function DevicesPage() {
  const { live, notices, session } = useConsole()
  const [devices, setDevices] = useState<DeviceBody[] | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [open, setOpen] = useState<Open | null>(null)
  const { sensors, forget } = useSensors(null)
  const cameras = live.ids.value ?? []
  const canOperate = session.canOperate.value
  const close = () => setOpen(null)
  const load = () =>
    get<List<DeviceBody>>('/api/devices').then(({ items }) => {
      setDevices(items)
      setFault(null)
    }, setFault)
  useEffect(() => void load(), [live.liveness.value])
  useEffect(
    () =>
      live.listen((event) => {
        if (event.kind !== 'device') return
        const { change, protocol } = event.data
        if (change === 'seen' && protocol !== 'http')
          setDevices((known) => known && withEvent(known, event.data, serverNow()))
        else void load()
      }),
    [],
  )
  useEffect(() => {
    if (fault !== null && devices) notices.failed(fault)
  }, [fault])

  const replace = async (name: string) => {
    const credential = await send<Credential>('POST', `/api/devices/${name}/credential`, {})
    setOpen({ dialog: 'credential', credential })
  }
  const setDisabled = async (name: string, disabled: boolean) => {
    await send('PATCH', `/api/devices/${name}`, { disabled })
    await load()
    close()
  }
  const remove = async (name: string) => {
    await send('DELETE', `/api/devices/${name}`)
    notices.done(`${name} was removed; its cameras and frames are still there.`)
    await load() // first: the focus goes to what is left
    close()
  }
  const removeSensor = async (device: string, sensor: string) => {
    try {
      const goesOn = (await send<object | undefined>('DELETE', `/api/sensors/${device}/${sensor}`)) !== undefined
      if (goesOn) notices.done(`${sensor} of ${device} is being removed: it read so much that this takes a while.`)
      else forget(device, sensor) // first: the focus goes to what is left
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error // somebody else was faster
    }
    close()
  }
  const act = (name: string, what: DeviceAct) => {
    if (what === 'enable') void setDisabled(name, false).catch((error) => notices.failed(error))
    else setOpen({ dialog: what, device: name })
  }

  if (!devices && fault !== null) return <Failed title="The devices could not be loaded" error={fault} onRetry={load} />
  if (!devices) return <Loading what="devices" />
  return (
    <div class="devices">
      <header class="head">
        <h1>Devices</h1>
        <div class="buttons">
          {(cameras.length > 0 || sensors.value.length > 0) && (
            <a class="button" href={DOORS_PATH}>
              Doors
            </a>
          )}
          {canOperate && devices.length > 0 && (
            <Button kind="main" onClick={() => setOpen({ dialog: 'add' })}>
              Add a device
            </Button>
          )}
        </div>
      </header>
      {devices.length === 0 ? (
        <Empty title="No device yet">
          <p>
            A device is a Raspberry Pi, or anything else that sends pictures by MQTT. Each has a credential of its own.
          </p>
          {canOperate ? (
            <Button kind="main" onClick={() => setOpen({ dialog: 'add' })}>
              Add the first device
            </Button>
          ) : (
            <p>Ask somebody with the role operator to add one.</p>
          )}
        </Empty>
      ) : (
        <ul class="device-list">
          {devices.map((device) => (
            <DeviceCard
              key={keyOf(device)}
              device={device}
              cameras={cameras.filter((id) => id.startsWith(`${device.name}/`))}
              sensors={sensors}
              canOperate={canOperate}
              onAct={(what) => act(device.name, what)}
              onSetSending={(camera) => setOpen({ dialog: 'sending', device, camera })}
              onRemoveSensor={(sensor) => setOpen({ dialog: 'sensor', device: device.name, sensor })}
            />
          ))}
        </ul>
      )}
      <SensorList
        title="Sensors of older clients"
        device={OLDER_CLIENTS}
        sensors={sensorsOf(
          sensors.value.filter(({ device }) => device === OLDER_CLIENTS),
          null,
        )}
        when={(at) => <Age at={at} />}
      />
      {open?.dialog === 'add' && (
        <AddDialog
          onClose={close}
          onAdded={(credential) => {
            setOpen({ dialog: 'credential', credential })
            void load()
          }}
        />
      )}
      {open?.dialog === 'credential' && <CredentialDialog credential={open.credential} onClose={close} />}
      {open?.dialog === 'sending' && (
        <SendDialog
          device={open.device}
          camera={open.camera}
          onClose={close}
          onSent={() => {
            close()
            void load()
          }}
        />
      )}
      {open?.dialog === 'sensor' && (
        <ConfirmDialog
          title={`Remove the sensor ${open.sensor} of ${open.device}`}
          action="Remove"
          word={null}
          onClose={close}
          onConfirm={() => removeSensor(open.device, open.sensor)}
        >
          <p>
            All that it read goes, and cannot be brought back; points in InfluxDB stay. Where the device still sends it,
            it comes again: take it out of the agent first.
          </p>
        </ConfirmDialog>
      )}
      {open?.dialog === 'replace' && (
        <ConfirmDialog
          title={`Replace the hardware of ${open.device}`}
          action="Make a new credential"
          word={null}
          onClose={close}
          onConfirm={() => replace(open.device)}
        >
          <p>
            New hardware takes the place of the old: name, cameras, sensors, labels and history stay. The old credential
            ends at once, and so does the connection that uses it.
          </p>
        </ConfirmDialog>
      )}
      {open?.dialog === 'disable' && (
        <ConfirmDialog
          title={`Disable ${open.device}`}
          action="Disable"
          word={null}
          onClose={close}
          onConfirm={() => setDisabled(open.device, true)}
        >
          <p>It is disconnected, and may not connect again until it is enabled. Its credential is kept.</p>
        </ConfirmDialog>
      )}
      {open?.dialog === 'remove' && (
        <ConfirmDialog
          title={`Remove ${open.device}`}
          action="Remove"
          word={open.device}
          onClose={close}
          onConfirm={() => remove(open.device)}
        >
          <p>Its credential ends at once and cannot be brought back. Its cameras, frames and labels stay.</p>
        </ConfirmDialog>
      )}
    </div>
  )
}

/** Older clients call themselves what they like. */
function keyOf({ protocol, name, number, address }: DeviceBody): string {
  return protocol === 'http' ? [name, number, address].join() : name
}
