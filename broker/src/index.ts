/**
 * @ajar/broker: the MQTT 3.1.1 broker inside the server. It is aedes, with limits and rules around it, and one promise:
 * **PUBACK means stored**. Every publish of a device is handed to the server by a function of `BrokerPorts` and is
 * acknowledged when the promise of that function resolves.
 *
 * A packet's walk, file by file:
 *
 * 1. `tcp.ts` opens the port; `broker.ts` (the composition root) accepts the socket, TLS around it, or any other stream of bytes.
 * 2. `packet-stream.ts` stands between socket and aedes: `packet-reader.ts` cuts the bytes into packets within their limit,
 *    `packet-faults.ts` refuses what the standard forbids and aedes' parser lets pass, and `ingest-budget.ts` pauses the senders
 *    while too many bytes are in ingest.
 * 3. `admission.ts` answers CONNECT: credential, client id, last will. `connections.ts` keeps who is connected (`connection.ts`):
 *    take-over, presence, revoked credentials.
 * 4. `access.ts` says who may publish and subscribe to what, derived from the table of topics in @ajar/protocol.
 * 5. `intake.ts` hands a publish to the server and waits: then aedes sends PUBACK. Frames end here.
 * 6. `delivery.ts` decides who among the subscribers gets a message; `retained-topics.ts` counts what is retained.
 *
 * `contract.ts` holds the ports, limits, events and errors; `report.ts` tells and counts; `deadline.ts` limits waiting.
 *
 * No session outlives its connection: CONNACK always says so, and nothing is queued for absent clients.
 */
export { Broker, createBroker, type Message } from './broker.ts'
export {
  type Address,
  type ArrivedFrame,
  type ArrivedReading,
  BrokerError,
  type BrokerEvent,
  type BrokerEventCode,
  type BrokerLimits,
  type BrokerPorts,
  type BrokerStats,
  type ConnectionInfo,
  DEFAULT_LIMITS,
  type Fault,
  type Identity,
  type OpenSocket,
  type Transport,
} from './contract.ts'
