import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { HttpError } from './errors.ts'
import type { Upgrades } from './upgrades.ts'
import { WebSocketBytes } from './websocket-bytes.ts'

export const MQTT_PATH = '/mqtt'
const SUBPROTOCOL = 'mqtt'
/** Topic, packet id and headers around a frame; a message may hold the end of one packet and the beginning of the next. */
const AROUND_A_FRAME = 64 * 1024

export interface MqttWebSocketPorts {
  /** Bytes of the largest frame. */
  maxFrameBytes: number
  /** Serves one MQTT client over any stream of bytes. @param address `address:port` */
  accept(stream: Duplex, address: string): void
  /** So long a client may leave a message half sent. */
  halfMessageMs?: number
}

/** MQTT over WebSocket [MQTT-6]: the same broker, limits and credentials as over TCP. */
export function mqttOverWebSocket(upgrades: Upgrades, { maxFrameBytes, accept, halfMessageMs }: MqttWebSocketPorts) {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // JPEGs do not get smaller, and inflating what a stranger sends costs memory.
    perMessageDeflate: false,
    maxPayload: maxFrameBytes + AROUND_A_FRAME,
    handleProtocols: () => SUBPROTOCOL,
  })
  upgrades.handle(MQTT_PATH, (request, socket, head) => {
    if (!offersMqtt(request))
      throw new HttpError(400, 'bad_subprotocol', `offer the subprotocol ${SUBPROTOCOL} (Sec-WebSocket-Protocol)`)
    const { remoteAddress, remotePort } = request.socket
    server.handleUpgrade(request, socket, head, (webSocket) =>
      accept(new WebSocketBytes(webSocket, socket as Socket, halfMessageMs), `${remoteAddress}:${remotePort}`),
    )
  })
}

/** [MQTT-6.0.0-3] */
function offersMqtt({ headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? []
  return offered.includes(SUBPROTOCOL)
}
