import { useEffect, useState } from 'preact/hooks'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { CopyText } from '../../design/copy-text.tsx'
import { Dialog } from '../../design/dialog.tsx'
import { Button } from '../../design/elements.tsx'
import { LeaveUncopied } from '../../design/leave-uncopied.tsx'
import { pictureAddress } from '../../picture/picture-loader.ts'
import { cameraPath, sensorPath, teachPath } from '../../router/route.ts'
import {
  AGENT_FOLDER,
  addressOf,
  agentConfig,
  BRING_AGENT,
  type Credential,
  INSTALL_AGENT,
  type Listeners,
  PI_PICTURE,
  publishLine,
  readingCall,
  readingLine,
  START_AGENT,
} from './addresses.ts'

interface CredentialDialogProps {
  credential: Credential
  onClose(): void
}

/** A credential, shown this once, in the lines that use it; waits for the first frame that comes with it. */
export function CredentialDialog({ credential, onClose }: CredentialDialogProps) {
  const { name, token } = credential
  const { notices } = useConsole()
  const [listeners, setListeners] = useState<Listeners | null>(null)
  useEffect(() => {
    get<Listeners>('/api/listeners').then(setListeners, (error) => notices.failed(error))
  }, [])
  const { frame, sensor } = useFirst(name)
  const [copied, setCopied] = useState(false)
  const [leaving, setLeaving] = useState(false)
  const onCopied = () => setCopied(true)
  const onCopyByHand = () => String(getSelection()).includes(token) && onCopied()
  const isUsed = copied || frame !== null || sensor !== null
  const address = listeners && addressOf(listeners, location.hostname)
  return (
    <>
      <Dialog title={`Connect ${name}`} onClose={onClose} onBeforeClose={isUsed ? null : () => setLeaving(true)}>
        <div class="credential" onCopy={onCopyByHand}>
          <p class="once">
            This credential is shown <strong>this once</strong>: the server keeps no copy of it. If it is lost, give the
            device a new one.
          </p>
          <CopyText label="Credential" text={token} autoFocus onCopied={onCopied} />
          {listeners && !address && (
            <p class="caution">The server takes no MQTT: start it with AJAR_MQTT_PORT set to a port.</p>
          )}
          {address && (
            <>
              {address.caution && <p class="caution">{address.caution}</p>}
              {address.ca && <Authority file={address.ca} pem={listeners?.authority ?? null} />}
              <p>
                On a Raspberry Pi the agent takes the pictures, and keeps them while the server cannot be reached. PI
                stands for the Pi: its user and address, as ssh takes them.
              </p>
              <CopyText label="1. On any computer with a copy of ajar" text={BRING_AGENT} />
              <CopyText label="2. On the Pi" text={INSTALL_AGENT} />
              <CopyText
                label={`3. On the Pi, into ${AGENT_FOLDER}/agent.json`}
                text={agentConfig(address, credential)}
                onCopied={onCopied}
              />
              <CopyText label="4. On the Pi again, in the same folder" text={START_AGENT} />
            </>
          )}
          <FirstFrame device={name} frame={frame} sensor={sensor} />
          <details>
            <summary>Or a board that sends readings, such as an ESP32</summary>
            <p>
              Each reading of a sensor is a message on <code>ajar/{name}/SENSOR/reading</code>: a number, a text, or a
              list of numbers. docs/devices.md is the contract, with limits, times, and what PUBACK means.
            </p>
            {address && (
              <CopyText label="Send one by MQTT" text={readingLine(address, credential)} onCopied={onCopied} />
            )}
            <CopyText label="Or over HTTP, with a token of an operator" text={readingCall(location.origin, name)} />
          </details>
          {address && (
            <details>
              <summary>Or try it first with a single picture</summary>
              <p>
                Anything with <code>mosquitto-clients</code> can send one:
              </p>
              <CopyText label="Send a picture.jpg" text={publishLine(address, credential)} onCopied={onCopied} />
              <CopyText label="On a Raspberry Pi with a camera, this makes one" text={PI_PICTURE} />
            </details>
          )}
          <footer class="dialog-actions">
            <Button kind="main" onClick={onClose}>
              Done
            </Button>
          </footer>
        </div>
      </Dialog>
      {leaving && (
        <LeaveUncopied onStay={() => setLeaving(false)} onLeave={onClose}>
          The credential was not copied, and nothing has come with it. It is not shown again.
        </LeaveUncopied>
      )}
    </>
  )
}

/** The certificate that the device has to know before it sends anything. */
function Authority({ file, pem }: { file: string; pem: string | null }) {
  if (pem) return <CopyText label={`${AGENT_FOLDER}/${file} on the device, which is to trust this server`} text={pem} />
  return (
    <p>
      {file} is the certificate of the authority that signed the server’s. Was it a public one? Then leave out{' '}
      <code>ca</code> in the config, and put <code>--tls-use-os-certs</code> in place of <code>--cafile {file}</code>.
    </p>
  )
}

/** The latest frame that came from the device since, and the sensor that read something; or null. */
function useFirst(device: string) {
  const { live } = useConsole()
  const [frame, setFrame] = useState<string | null>(null)
  const [sensor, setSensor] = useState<string | null>(null)
  useEffect(
    () =>
      live.listen((event) => {
        if (event.kind === 'reading' && event.data.device === device) setSensor(`${device}/${event.data.sensor}`)
        if (event.kind !== 'result' || !event.data.camera.startsWith(`${device}/`)) return
        if (live.camera(event.data.camera)?.peek()?.kind !== 'sensor') setFrame(event.data.frame)
      }),
    [device],
  )
  return { frame, sensor }
}

interface FirstFrameProps {
  device: string
  frame: string | null
  sensor: string | null
}

function FirstFrame({ device, frame, sensor }: FirstFrameProps) {
  const { live } = useConsole()
  const isConnected = live.devices.value?.get(device)?.connected === true
  const camera = frame?.split('/').slice(0, 2).join('/')
  return (
    <div class="first-frame" role="status">
      {frame === null || camera === undefined ? (
        sensor === null ? (
          <p class="waiting-for">{isConnected && 'Connected. '}Waiting for its first frame or reading …</p>
        ) : (
          <p>
            <strong>A reading has come.</strong> <a href={sensorPath(sensor)}>{sensor}</a> is there.
          </p>
        )
      ) : (
        <>
          <img src={pictureAddress(frame, 320)} alt={`The latest frame of ${camera}`} />
          <p>
            <strong>A frame has come.</strong> <a href={cameraPath(camera)}>{camera}</a> is there:{' '}
            <a href={teachPath(camera)}>teach it its states</a>.
          </p>
        </>
      )}
    </div>
  )
}
