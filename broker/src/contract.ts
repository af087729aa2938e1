/** Who a connection is, once its credential was accepted. */
export interface Identity {
  kind: 'device' | 'operator'
  /** The device's name, or the name of the operator's token. */
  name: string
}

/** What carries a connection. */
export type Transport = 'tcp' | 'tls' | 'websocket'

/** One frame as it came over MQTT. Nothing in it but the device has been judged: `camera` may be no name, `time` no time. */
export interface ArrivedFrame {
  device: string
  camera: string
  /** The last level of the topic (milliseconds UTC, if it is right), or null where the topic has none. */
  time: string | null
  /**
   * The payload. Its ArrayBuffer holds this one packet and is never written again: keep it, or better transfer `jpeg.buffer` to
   * the worker that stores it, which frees the main thread's collector of it; mind `byteOffset` and `byteLength`, since topic and
   * header lie before the JPEG.
   */
  jpeg: Uint8Array
  /** The client says that it may have sent this frame before. */
  dup: boolean
}

/** One sensor reading as it came over MQTT; `sensor`, `time` and `payload` are not judged yet. */
export interface ArrivedReading {
  device: string
  sensor: string
  time: string | null
  /** Goes on to subscribers afterwards: read it, but do not change or transfer it. The same holds for status and config/applied. */
  payload: Uint8Array
  /** As of `ArrivedFrame`. */
  dup: boolean
}

/**
 * Everything the broker asks of the server. What returns a promise delays the PUBACK until it resolves; it may reject only
 * when the server closes, and the connection is then closed without PUBACK.
 */
export interface BrokerPorts {
  /** Whose credential it is, or null. A device's user name is its own name, an operator's is `token`. */
  authenticate(username: string, password: string, transport: Transport): Promise<Identity | null>
  /** Resolves when the frame is stored for good, or refused for good. */
  onFrame(frame: ArrivedFrame): Promise<void>
  onReading(reading: ArrivedReading): Promise<void>
  /** A device's status, or its last will when its connection broke. */
  onStatus(device: string, payload: Uint8Array): Promise<void>
  onConfigApplied(device: string, payload: Uint8Array): Promise<void>
  /** The first connection of a device opened (true) or its last one closed (false). */
  onPresence(device: string, connected: boolean): void
  /** Something an operator may want to know of; the server logs and counts it. */
  onEvent(event: BrokerEvent): void
}

export type BrokerEventCode =
  | 'bad_credentials'
  | 'authentication_timeout'
  | 'authentication_failed'
  | 'bad_client_id'
  | 'refused_will'
  | 'too_many_connections'
  | 'take_over_storm'
  | 'packet_too_large'
  | 'protocol_error'
  | 'protocol_version'
  | 'keepalive_timeout'
  | 'connection_lost'
  | 'refused_publish'
  | 'refused_subscribe'
  | 'subscriber_slow'
  | 'subscriber_dropped'
  | 'paused_too_long'
  | 'half_packet'
  | 'tls_failed'
  | 'retained_limit'
  | 'broker_fault'

export interface BrokerEvent {
  code: BrokerEventCode
  /** The device concerned, where the credential was accepted and is a device's. */
  device: string | null
  /** The client id that the client gave. */
  client: string | null
  /** The other end, `address:port`. */
  address: string | null
  /** In words: what happened and, where somebody can do something, what to do. */
  text: string
}

export interface BrokerLimits {
  /** Bytes of the largest frame. */
  maxFrameBytes: number
  /** Bytes of the largest payload that is no frame: a status, a reading. */
  maxMessageBytes: number
  /** Bytes of the largest packet before CONNACK. */
  preConnectBytes: number
  /** Bytes of publishes between the first byte here and PUBACK above which those who send are paused. */
  ingestBytes: number
  /** Connections whose credential was accepted. */
  maxConnections: number
  /** Of one credential: a device's, or an operator's token. */
  maxConnectionsPerCredential: number
  /** Connections whose credential was not accepted yet; beyond it the oldest are closed. */
  maxUnauthenticated: number
  maxSubscriptionsPerConnection: number
  maxRetainedPerDevice: number
  /** Alerts of the server that stand, whoever they are about. */
  maxRetainedAlerts: number
  /** Bytes unsent to a subscriber above which it gets no more QoS 0; above the double it is disconnected. */
  maxUnsentBytes: number
  /** A subscriber above `maxUnsentBytes` for longer is disconnected at the next QoS 1 message. */
  stalledMs: number
  /** Take-overs of one client id within a minute above which an event is raised. */
  maxTakeOversPerMinute: number
  /** CONNECT must arrive within this time. */
  connectMs: number
  /** `authenticate` must answer within this time. */
  authenticateMs: number
  /** A refused credential is answered after this time, so that guessing is slow. */
  refusalDelayMs: number
  /** Longest pause of a sender without keepalive; with one it is a third of the keepalive. */
  pauseMs: number
  /**
   * A packet of which nothing more comes for so long is given up, and its connection closed. Where a third of the packets is
   * lost, TCP alone is silent for half a minute every few frames.
   */
  halfPacketMs: number
  /** How long `close` waits for publishes in ingest. */
  closeMs: number
}

export const DEFAULT_LIMITS: BrokerLimits = {
  maxFrameBytes: 2 * 1024 * 1024,
  maxMessageBytes: 256 * 1024,
  preConnectBytes: 16 * 1024,
  ingestBytes: 64 * 1024 * 1024,
  maxConnections: 2500,
  maxConnectionsPerCredential: 20,
  maxUnauthenticated: 100,
  maxSubscriptionsPerConnection: 100,
  maxRetainedPerDevice: 100,
  maxRetainedAlerts: 10_000,
  maxUnsentBytes: 1024 * 1024,
  stalledMs: 10_000,
  maxTakeOversPerMinute: 5,
  connectMs: 10_000,
  authenticateMs: 10_000,
  refusalDelayMs: 500,
  pauseMs: 20_000,
  halfPacketMs: 90_000,
  closeMs: 5_000,
}

/** What /metrics shows, all of it. Fields ending in `Total` only rise; the others are what is so now. */
export interface BrokerStats {
  connections: number
  pausedConnections: number
  publishesInIngest: number
  bytesInIngest: number
  retainedTopics: number
  framesTotal: number
  readingsTotal: number
  refusedConnectionsTotal: number
  refusedPublishesTotal: number
  takeOversTotal: number
  droppedMessagesTotal: number
}

/** One connection whose credential was accepted. */
export interface ConnectionInfo {
  identity: Identity
  clientId: string
  address: string
  /** Milliseconds UTC. */
  connectedAtMs: number
}

export interface Address {
  host: string
  port: number
}

/** A listening socket that whoever started this process has opened for it. */
export interface OpenSocket {
  /** Its file descriptor. */
  fd: number
}

/** Whose fault an error is: who called us, what surrounds us, or we ourselves. */
export type Fault = 'caller' | 'environment' | 'us'

export class BrokerError extends Error {
  readonly code: string
  readonly fault: Fault

  constructor(code: string, fault: Fault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BrokerError'
    this.code = code
    this.fault = fault
  }
}
