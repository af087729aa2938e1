import { type Address, type Broker, BrokerError, type OpenSocket } from '@ajar/broker'
import type { Http } from './http/http.ts'
import type { Log } from './logging/levels.ts'
import { SettingsError } from './read-settings.ts'
import type { Settings } from './settings.ts'
import { CertificateError } from './tls/certificate-pair.ts'
import { Certificates } from './tls/certificates.ts'

// Opens what the settings say that the server listens on; what cannot be opened is said in words of the settings.

/** Null without a certificate. @throws SettingsError where the one that the settings name cannot be used */
export async function openCertificates({ tlsCert, tlsKey }: Settings, log: Log): Promise<Certificates | null> {
  if (tlsCert === null || tlsKey === null) return null
  const files = { certFile: tlsCert, keyFile: tlsKey }
  const certificates = new Certificates({ files, log, now: () => Date.now() })
  try {
    await certificates.start()
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new SettingsError(`AJAR_TLS_CERT and AJAR_TLS_KEY cannot be used: ${error.message}`)
  }
  return certificates
}

/** Where the server listens, null where it does not. With `mqtts` HTTP is HTTPS. */
export interface Opened {
  http: Address
  mqtt: Address | null
  mqtts: Address | null
}

export interface ListenersOptions {
  broker: Broker
  http: Http
  settings: Settings
  certificates: Certificates | null
  /** Sockets that were opened before this process, by their names `http`, `mqtt` and `mqtts`; they come before the settings. */
  inherited: Map<string, number>
}

export async function openListeners({ broker, http, settings, certificates, inherited }: ListenersOptions) {
  const at = (name: string, host: string, port: number) => {
    const fd = inherited.get(name)
    return fd === undefined ? { host, port } : { fd }
  }
  const { httpHost, httpPort, mqttHost, mqttPort, mqttsPort } = settings
  // Port 0 is never used: without a port of its own it is open only where it is inherited.
  const hasMqtt = mqttPort !== null || inherited.has('mqtt')
  const mqtt = hasMqtt ? await listenMqtt(broker, at('mqtt', mqttHost, mqttPort ?? 0)) : null
  const mqtts = certificates && (await listenMqtts(broker, at('mqtts', mqttHost, mqttsPort), certificates))
  const opened: Opened = {
    http: await listenHttp(http, at('http', httpHost, httpPort), certificates !== null),
    mqtt,
    mqtts,
  }
  return opened
}

/** The settings as they came true. */
export function asOpened(settings: Settings, { http, mqtt, mqtts }: Opened): Settings {
  const mqttHost = (mqtt ?? mqtts)?.host ?? settings.mqttHost
  return { ...settings, httpHost: http.host, mqttHost, mqttPort: mqtt?.port ?? null }
}

function listenMqtt(broker: Broker, at: Address | OpenSocket): Promise<Address> {
  return broker.listen(at).catch((error) => portInUse(error, 'AJAR_MQTT_PORT'))
}

function listenMqtts(broker: Broker, at: Address | OpenSocket, certificates: Certificates): Promise<Address> {
  return broker.listen(at, () => certificates.context).catch((error) => portInUse(error, 'AJAR_MQTTS_PORT'))
}

function portInUse(error: unknown, setting: string): never {
  if (!(error instanceof BrokerError) || error.code !== 'port_in_use') throw error
  throw new Error(`${error.message} by another program: stop it, or set ${setting}`)
}

async function listenHttp(http: Http, at: Address | OpenSocket, secure: boolean): Promise<Address> {
  // Fastify does not know that it serves HTTPS: the server is made for it.
  const listenTextResolver = (url: string) => `HTTP is served at ${secure ? url.replace('http:', 'https:') : url}`
  try {
    // With a socket no host is used, and without one Fastify would open a second listener for localhost.
    await http.listen({ host: '', ...at, listenTextResolver })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || 'fd' in at) throw error
    throw new Error(`port ${at.port} of ${at.host} is in use by another program: stop it, or set AJAR_HTTP_PORT`)
  }
  const address = http.server.address()
  if (address === null || typeof address === 'string') throw new Error(`HTTP needs a socket of TCP, not ${address}`)
  return { host: 'fd' in at ? address.address : at.host, port: address.port }
}
