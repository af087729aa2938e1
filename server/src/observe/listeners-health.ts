import type { HealthCheck } from './health.ts'

/** Where the server listens, as its settings say. */
export interface Listeners {
  httpHost: string
  mqttHost: string
  /** null: there is no plain MQTT */
  mqttPort: number | null
  /** null: there is no TLS */
  tlsCert: string | null
  /** '1': older clients' paths need no token */
  legacyOpen: '0' | '1'
}

/** What is wrong with the certificate. */
type Trouble = Pick<HealthCheck, 'level' | 'text'>

const LOOPBACK = /^(127\.|::1$|localhost$)/

/** What strangers on the network can read or do, and whether the certificate is well. */
export function listenersHealth(listeners: Listeners, certificateTrouble: Trouble | null): HealthCheck[] {
  const carried = listeners.tlsCert === null ? [plain(listeners)] : [secure(listeners), certificate(certificateTrouble)]
  return listeners.legacyOpen === '1' && isOpen(listeners.httpHost) ? [...carried, olderPathsOpen()] : carried
}

function plain({ httpHost, mqttHost, mqttPort }: Listeners): HealthCheck {
  const open = isOpen(httpHost) || (mqttPort !== null && isOpen(mqttHost))
  return open
    ? warning('passwords and pictures cross the network unencrypted: set AJAR_TLS_CERT and AJAR_TLS_KEY')
    : { name: 'listeners', level: 'ok', text: 'loopback only' }
}

function secure({ mqttHost, mqttPort }: Listeners): HealthCheck {
  return mqttPort !== null && isOpen(mqttHost)
    ? warning('plain MQTT is open beside MQTT over TLS: AJAR_MQTT_PORT=off ends it, when no device needs it')
    : { name: 'listeners', level: 'ok', text: 'encrypted, or loopback only' }
}

function certificate(trouble: Trouble | null): HealthCheck {
  return { name: 'certificate', level: 'ok', text: 'valid', ...trouble }
}

function olderPathsOpen(): HealthCheck {
  const text = "whoever reaches this server may use the older clients' paths: AJAR_LEGACY_OPEN=0 has them show a token"
  return { name: 'legacy', level: 'warn', text }
}

function warning(text: string): HealthCheck {
  return { name: 'listeners', level: 'warn', text }
}

function isOpen(host: string): boolean {
  return !LOOPBACK.test(host)
}
