import type { Closers } from '../closers.ts'
import type { Logging } from '../logging/logging.ts'
import { connectionShare } from '../open-files.ts'
import { HttpConnections } from './connections.ts'
import { createHttp, type Http, type HttpOptions } from './http.ts'
import { type MqttWebSocketPorts, mqttOverWebSocket } from './mqtt-websocket.ts'
import { Upgrades } from './upgrades.ts'

/** Connections open at once, where the process may open as many files. */
const MOST_HTTP = 1000
/** All that the broker would let in, and some who wait to be. */
const MOST_WEBSOCKETS = 2600

export interface HttpParts extends Pick<HttpOptions, 'maxFrameBytes' | 'authenticate' | 'certificates'> {
  logging: Logging
  acceptMqtt: MqttWebSocketPorts['accept']
  /** Told where too many connections are open, and how many were closed for it. */
  onCrowd(text: string, closed: number): void
}

/** The HTTP server with all that is bounded around it: connections and WebSockets, among them those of MQTT. */
export async function openHttp(
  { logging, acceptMqtt, onCrowd, ...options }: HttpParts,
  closers: Closers,
): Promise<{ http: Http; connections: HttpConnections }> {
  const connections = new HttpConnections({ most: connectionShare(MOST_HTTP), onCrowd })
  const http = await createHttp({ ...options, log: logging.of('http'), connections })
  closers.push(() => http.close())
  const upgrades = new Upgrades(logging.of('http'), connectionShare(MOST_WEBSOCKETS))
  closers.push(() => upgrades.close())
  http.decorate('upgrades', upgrades)
  http.server.on('upgrade', (request, socket, head) => {
    if (upgrades.take(request, socket, head)) connections.release(request.socket)
  })
  mqttOverWebSocket(upgrades, { maxFrameBytes: options.maxFrameBytes, accept: acceptMqtt })
  return { http, connections }
}
