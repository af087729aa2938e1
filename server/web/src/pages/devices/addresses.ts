import { version } from '../../../package.json'

/** Where the server listens (GET /api/listeners). */
export interface Listeners {
  http: Listener
  mqtt: Listener | null
  mqtts: Listener | null
  /** PEM certificate that devices are to trust, where the server's own file holds it. */
  authority: string | null
  /** Of the server's machine on its networks. */
  addresses: string[]
}

interface Listener {
  host: string
  port: number
}

/** Where a device sends to, as it is written down for it. */
export interface Address {
  host: string
  port: number
  /** The file with the certificate that the device is to trust, or null where nothing is encrypted. */
  ca: string | null
  /** What must be changed before a Pi on the network reaches it, or null. */
  caution: string | null
}

const LOOPBACK = /^(127\.|\[?::1\]?$|localhost$)/
const EVERYWHERE = new Set(['0.0.0.0', '::'])

const OPEN_UP =
  'The server takes MQTT from this machine only. For a Pi on your network start it with AJAR_MQTT_HOST=0.0.0.0 ' +
  '(and with AJAR_TLS_CERT and AJAR_TLS_KEY, so that nothing crosses the network unencrypted).'
const NAME_IT = 'On a Pi, write the name or the address of this machine on your network in place of the host.'

/**
 * @param pageHost the host under which the browser reaches the server
 * @returns null where the server takes no MQTT
 */
export function addressOf({ mqtt, mqtts, authority, addresses }: Listeners, pageHost: string): Address | null {
  // Between programs of one machine there is nobody to hide from, and no certificate names loopback.
  const listener = mqtt && isLoopback(mqtt.host) ? mqtt : (mqtts ?? mqtt)
  if (!listener) return null
  // A page that was opened on the server's own machine does not know how a Pi reaches it.
  const reached = isLoopback(pageHost) ? (addresses[0] ?? pageHost) : pageHost
  const host = EVERYWHERE.has(listener.host) ? reached : listener.host
  const caution = isLoopback(listener.host) ? OPEN_UP : isLoopback(host) ? NAME_IT : null
  // Without a root of its own it was signed by an authority that the operator knows.
  const ca = listener === mqtts ? (authority ? 'ajar.pem' : 'ca.pem') : null
  return { host, port: listener.port, ca, caution }
}

function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

export interface Credential {
  /** Of the device: its MQTT user name. */
  name: string
  /** Its MQTT password. */
  token: string
}

/** The line that sends one picture; it runs as it stands, in a folder with a picture.jpg. */
export const publishLine = (address: Address, credential: Credential) =>
  publishing(address, credential, 'cam/frame -f picture.jpg')

/** The line that sends one reading of a sensor `heat`. */
export const readingLine = (address: Address, credential: Credential) =>
  publishing(address, credential, `heat/reading -m '${READING}'`)

const READING = '{"value": 21.5}'

function publishing({ host, port, ca }: Address, { name, token }: Credential, what: string): string {
  const secured = ca ? ` --cafile ${ca}` : ''
  return `mosquitto_pub -h ${host} -p ${port}${secured} -i ${name} -u ${name} -P ${token} -q 1 -t ajar/${name}/${what}`
}

/** The same over HTTP. @param origin of the server, as the browser reaches it */
export const readingCall = (origin: string, device: string) =>
  `curl -X POST ${origin}/api/sensors/${device}/heat/readings -H "Authorization: Bearer $TOKEN" ` +
  `-H 'content-type: application/json' -d '${READING}'`

/** What makes a picture.jpg on a Pi with a camera. It takes seconds to start: for more than a trial there is the agent. */
export const PI_PICTURE = 'rpicam-still -n -t 1 --width 1280 --height 720 -o picture.jpg'

/** Where the agent that was installed reads its config, and the certificate beside it. */
export const AGENT_FOLDER = '/etc/ajar'

const PACKED = `ajar-agent-${version}`

/** Packs the agent for a Pi with a 64-bit system and brings it there, from any computer with a copy of ajar. */
export const BRING_AGENT = `npm run build:agent -- arm64\nscp edge-agent/dist/${PACKED}-arm64.tgz PI:`

/** Installs the agent as a service, on the Pi. */
export const INSTALL_AGENT = `tar xzf ${PACKED}-arm64.tgz && cd ${PACKED} && sudo ./install.sh`

/** Starts it, once it has its config: in the folder of the line before. */
export const START_AGENT = 'sudo ./install.sh'

/** The config file of an agent that was installed on a Pi: it finds its camera by itself. */
export function agentConfig({ host, port, ca }: Address, { name, token }: Credential): string {
  const config = {
    device: name,
    token,
    server: `${ca ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(ca ? { ca: `${AGENT_FOLDER}/${ca}` } : {}),
    dataDir: '/var/lib/ajar-agent',
    cameras: [{ name: 'cam', driver: 'auto' }],
  }
  const lines = Object.entries(config).map(([field, value]) => `  ${JSON.stringify(field)}: ${JSON.stringify(value)}`)
  return `{\n${lines.join(',\n')}\n}`
}
