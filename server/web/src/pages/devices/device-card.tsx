import type { DeviceBody } from '../../api/bodies.ts'
import { Age, Button } from '../../design/elements.tsx'
import { cameraPath } from '../../router/route.ts'
import { type Fact, factsOf } from './status.ts'

export type DeviceAct = 'replace' | 'disable' | 'enable' | 'remove'

interface DeviceCardProps {
  device: DeviceBody
  /** Ids of its cameras. */
  cameras: string[]
  canOperate: boolean
  onAct(act: DeviceAct): void
}

/** A device: whether it is there, its cameras, and what its agent says of itself. */
export function DeviceCard({ device, cameras, canOperate, onAct }: DeviceCardProps) {
  if (device.protocol === 'http') return <OlderClientCard device={device} />
  const { name, connected, disabled, seenAt, status, applied, desired } = device
  const presence = disabled ? 'disabled' : connected ? 'online' : 'offline'
  const awaitsSettings = desired !== null && applied?.version !== desired.version
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
      <dl>
        <div>
          <dt>Cameras</dt>
          <dd>
            {cameras.length === 0
              ? 'none yet'
              : cameras.map((id) => (
                  <a key={id} href={cameraPath(id)}>
                    {id.split('/')[1]}
                  </a>
                ))}
          </dd>
        </div>
        {factsOf(status).map((fact) => (
          <FactView key={fact.name} fact={fact} />
        ))}
      </dl>
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
      {awaitsSettings && <p class="hint">It has not answered to its latest settings yet.</p>}
      {canOperate && (
        <div class="acts">
          <Button onClick={() => onAct('replace')}>Replace this Pi</Button>
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
