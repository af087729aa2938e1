import { once } from 'node:events'
import type { Connection } from './connection.ts'
import type { BrokerLimits, ConnectionInfo, Identity } from './contract.ts'
import type { Report } from './report.ts'

const MINUTE_MS = 60_000

/** All open connections: who is connected, who takes over from whom, which devices are present. */
export class Connections {
  readonly #limits: Pick<BrokerLimits, 'maxTakeOversPerMinute'>
  readonly #report: Report
  readonly #onPresence: (device: string, connected: boolean) => void
  readonly #open = new Set<Connection>()
  readonly #byClient = new Map<string, Connection>()
  readonly #byDevice = new Map<string, Set<Connection>>()

  constructor(
    limits: Pick<BrokerLimits, 'maxTakeOversPerMinute'>,
    report: Report,
    onPresence: (device: string, connected: boolean) => void,
  ) {
    this.#limits = limits
    this.#report = report
    this.#onPresence = onPresence
  }

  get size(): number {
    return this.#open.size
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#open.values()
  }

  /** Those whose credential was accepted. */
  list(): ConnectionInfo[] {
    return [...this.#open].flatMap(({ identity, clientId, address, openedAtMs }) =>
      identity ? [{ identity, clientId: clientId ?? '', address, connectedAtMs: openedAtMs }] : [],
    )
  }

  open(connection: Connection): void {
    this.#open.add(connection)
  }

  /** The credential was accepted: closes an older connection of the same client id [MQTT-3.1.4-2]. */
  admit(connection: Connection, identity: Identity): void {
    connection.identity = identity
    const client = clientKey(connection)
    const older = this.#byClient.get(client)
    this.#byClient.set(client, connection)
    if (connection.device !== null) this.#enter(connection.device, connection)
    if (older) this.#takeOver(older, connection)
  }

  remove(connection: Connection): void {
    this.#open.delete(connection)
    if (connection.identity === null) return
    const client = clientKey(connection)
    if (this.#byClient.get(client) === connection) this.#byClient.delete(client)
    if (connection.device !== null) this.#leave(connection.device, connection)
  }

  /** Whether the device of this connection has another one open. */
  hasOther(connection: Connection): boolean {
    const present = connection.device === null ? undefined : this.#byDevice.get(connection.device)
    return present !== undefined && [...present].some((other) => other !== connection)
  }

  /** Closes every connection of this name and has credentials that are being looked up looked up again. */
  async disconnect(name: string): Promise<void> {
    const closed: Promise<unknown>[] = []
    for (const connection of this.#open) {
      if (connection.identity === null) connection.recheck = true
      else if (connection.identity.name === name) closed.push(close(connection))
    }
    await Promise.all(closed)
  }

  #enter(device: string, connection: Connection): void {
    const present = this.#byDevice.get(device)
    if (present) {
      present.add(connection)
      return
    }
    this.#byDevice.set(device, new Set([connection]))
    this.#onPresence(device, true)
  }

  #leave(device: string, connection: Connection): void {
    const present = this.#byDevice.get(device)
    if (!present?.delete(connection) || present.size > 0) return
    this.#byDevice.delete(device)
    this.#onPresence(device, false)
  }

  #takeOver(older: Connection, newer: Connection): void {
    const now = Date.now()
    this.#report.count('takeOvers')
    newer.takeOvers = [...older.takeOvers.filter((at) => now - at < MINUTE_MS), now]
    if (newer.takeOvers.length > this.#limits.maxTakeOversPerMinute) {
      newer.takeOvers = []
      this.#report.event(newer, 'take_over_storm', `several clients fight for the client id; give each its own`)
    }
    older.reported = true
    older.stream.destroy()
  }
}

function close({ stream }: Connection): Promise<unknown> {
  const closed = stream.closed ? Promise.resolve() : once(stream, 'close')
  stream.destroy()
  return closed
}

/** Client ids are a name space of each credential's own, so that nobody can push out somebody else. */
function clientKey({ identity, clientId }: Connection): string {
  return `${identity?.kind}/${identity?.name}/${clientId}`
}
