import { type Broker, BrokerError } from '@ajar/broker'
import type { Http } from './http/http.ts'
import type { Log } from './logging/levels.ts'
import { type Settings, SettingsError } from './settings.ts'
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

/** @returns the port, or null where the settings switch it off */
export async function listenMqtt(broker: Broker, { mqttHost: host, mqttPort: port }: Settings): Promise<number | null> {
  if (port === null) return null
  const listening = broker.listen({ host, port }).catch((error) => portInUse(error, 'AJAR_MQTT_PORT'))
  return (await listening).port
}

/** MQTT over TLS. @returns the port */
export async function listenMqtts(
  broker: Broker,
  { mqttHost: host, mqttsPort: port }: Settings,
  certificates: Certificates,
) {
  const listening = broker
    .listen({ host, port }, () => certificates.context)
    .catch((error) => portInUse(error, 'AJAR_MQTTS_PORT'))
  return (await listening).port
}

function portInUse(error: unknown, setting: string): never {
  if (!(error instanceof BrokerError) || error.code !== 'port_in_use') throw error
  throw new Error(`${error.message} by another program: stop it, or set ${setting}`)
}

/** @returns the port */
export async function listenHttp(http: Http, { httpHost: host, httpPort: port, tlsCert }: Settings): Promise<number> {
  try {
    // Fastify does not know that it serves HTTPS: the server is made for it.
    const listenTextResolver = (url: string) => `HTTP is served at ${tlsCert ? url.replace('http:', 'https:') : url}`
    await http.listen({ host, port, listenTextResolver })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(`port ${port} of ${host} is in use by another program: stop it, or set AJAR_HTTP_PORT`)
  }
  const address = http.server.address()
  return typeof address === 'object' && address ? address.port : port
}
