import type { ReadonlySignal } from '@preact/signals'
import type { DeviceBody } from '../../api/bodies.ts'
import type { SensorBody } from '../../api/sensor-bodies.ts'
import { Age, Button } from '../../design/elements.tsx'
import { sensorsOf } from '../../sensors/sensor.ts'
import { SensorList } from '../../sensors/sensor-list.tsx'
import { DeviceCameras } from './device-cameras.tsx'
import { type Fact, factsOf } from './status.ts'

export type DeviceAct = 'replace' | 'disable' | 'enable' | 'remove'

const REFUSED = {
  wrong_credential: 'wrong credential. Put the token of its last credential into its config, or give it a new one.',
  disabled: 'it is disabled here.',
}

interface DeviceCardProps {
  device: DeviceBody
  /** Ids of its cameras. */
  cameras: string[]
  /** Of all devices. */
  sensors: ReadonlySignal<SensorBody[]>
  canOperate: boolean
  onAct(act: DeviceAct): void
  /** Asks when one of its cameras, as its agent calls it, is to send. */
  onSetSending(camera: string): void
  /** Asks whether one of its sensors is to be removed. */
  onRemoveSensor(sensor: string): void
}

/** A device: whether it is there, its cameras and sensors, and what its agent says of itself. */
export function DeviceCard(props: DeviceCardProps) {
  const { device } = props
  return device.protocol === 'http' ? <OlderClientCard device={device} /> : <MqttDeviceCard {...props} />
}

function MqttDeviceCard(props: DeviceCardProps) {
  const { device, cameras, sensors, canOperate, onAct, onSetSending, onRemoveSensor } = props
  const ownSensors = sensors.value.filter((sensor) => sensor.device === device.name)
  const { name, connected, disabled, seenAt, status, applied, desired } = device
  const refused = connected ? null : device.refused
  const presence = disabled ? 'disabled' : connected ? 'online' : 'offline'
  const facts = factsOf(status)
  // A client without a word of itself would not hear its settings either.
  const isAgent = status !== null || desired !== null
  const hasAnswered = desired !== null && applied?.version === desired.version
  return (
    <li class="device card">
      <header>
        <h2>{name}</h2>
        <span class={`presence ${presence}`}>{presence}</span>
        <span class="seen">
          {connected ? (
            'connected'
          ) : seenAt === null ? (
            'never seen'
          ) : (
            <>
              seen <Age at={Date.parse(seenAt)} />
            </>
          )}
        </span>
      </header>
      {refused !== null && (
        <p class="caution">
          Refused <Age at={Date.parse(refused.at)} />: {REFUSED[refused.reason]}
        </p>
      )}
      {facts.length > 0 && (
        <dl>
          {facts.map((fact) => (
            <FactView key={fact.name} fact={fact} />
          ))}
        </dl>
      )}
      <DeviceCameras
        device={device}
        hasSensors={ownSensors.length > 0}
        names={cameras.map((id) => id.split('/')[1] ?? '')}
        onSetSending={canOperate && isAgent ? onSetSending : null}
      />
      <SensorList
        title="Sensors"
        device={device.name}
        sensors={sensorsOf(ownSensors, device)}
        when={(at) => <Age at={at} />}
        onRemove={canOperate ? onRemoveSensor : undefined}
      />
      {applied && !applied.ok && (
        <div class="caution">
          <strong>It could not apply its settings:</strong>
          <ul>
            {applied.errors.map((error) => (
              <li key={error}>{error}</li>
            ))}
          </ul>
        </div>
      )}
      {desired !== null && !hasAnswered && <p class="hint">It has not answered to its latest settings yet.</p>}
      {hasAnswered && applied.ok && <p class="hint">It follows its latest settings.</p>}
      {canOperate && (
        <div class="acts">
          <Button onClick={() => onAct('replace')}>{isAgent ? 'Replace this Pi' : 'Replace this device'}</Button>
          <Button onClick={() => onAct(disabled ? 'enable' : 'disable')}>{disabled ? 'Enable' : 'Disable'}</Button>
          <Button kind="danger" onClick={() => onAct('remove')}>
            Remove
          </Button>
        </div>
      )}
    </li>
  )
}

/** It says that it is there, and that is all that can be known of it, or done to it. */
function OlderClientCard({ device: { name, number, address } }: Pick<DeviceCardProps, 'device'>) {
  return (
    <li class="device card">
      <header>
        <h2>{name}</h2>
        <span class="presence online">online</span>
        <span class="seen">an older client, by HTTP</span>
      </header>
      <dl>
        <FactView fact={{ name: 'Number', value: String(number), isWorrying: false }} />
        <FactView fact={{ name: 'Address', value: address ?? 'not known', isWorrying: false }} />
      </dl>
    </li>
  )
}

function FactView({ fact: { name, value, isWorrying } }: { fact: Fact }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isWorrying ? 'worrying' : ''}>{value}</dd>
    </div>
  )
}
