import { once } from 'node:events'
import type { Connection } from './connection.ts'
import type { BrokerLimits, ConnectionInfo, Identity } from './contract.ts'
import type { Report } from './report.ts'

const MINUTE_MS = 60_000

type Limits = Pick<
  BrokerLimits,
  'maxConnections' | 'maxUnauthenticated' | 'maxConnectionsPerCredential' | 'maxTakeOversPerMinute'
>

/** All open connections: who is connected, who takes over from whom, which devices are present. */
export class Connections {
  readonly #limits: Limits
  readonly #report: Report
  readonly #onPresence: (device: string, connected: boolean) => void
  readonly #open = new Set<Connection>()
  readonly #byClient = new Map<string, Connection>()
  readonly #byCredential = new Map<string, Set<Connection>>()
  /** Those whose credential was not accepted yet, oldest first. */
  readonly #unauthenticated = new Set<Connection>()
  #overflowToldMs = Number.NEGATIVE_INFINITY

  constructor(limits: Limits, report: Report, onPresence: (device: string, connected: boolean) => void) {
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

  /**
   * Where too many have not shown a credential, the oldest such connection of the address that has most of them is closed: a
   * flood costs its own sender, many devices may share an address, and whoever comes with a credential gets in.
   */
  open(connection: Connection): void {
    this.#open.add(connection)
    this.#unauthenticated.add(connection)
    if (this.#unauthenticated.size > this.#limits.maxUnauthenticated) this.#dropUnauthenticated()
  }

  /** In words why there is no room for one more connection of this credential, or null. One that takes over needs none. */
  refuse(connection: Connection, identity: Identity): string | null {
    const { maxConnections, maxConnectionsPerCredential } = this.#limits
    if (this.#byClient.has(clientKey(identity, connection))) return null
    if (this.#byClient.size >= maxConnections) return `${maxConnections} connections are open`
    const own = [...(this.#byCredential.get(credentialKey(identity)) ?? [])].filter(({ stream }) => !stream.destroyed)
    if (own.length < maxConnectionsPerCredential) return null
    return `${identity.name} has ${own.length} connections open; close some, or give other programs their own credential`
  }

  /** The credential was accepted: closes an older connection of the same client id [MQTT-3.1.4-2]. */
  admit(connection: Connection, identity: Identity): void {
    connection.identity = identity
    this.#unauthenticated.delete(connection)
    const client = clientKey(identity, connection)
    const older = this.#byClient.get(client)
    this.#byClient.set(client, connection)
    this.#enter(identity, connection)
    if (older) this.#takeOver(older, connection)
  }

  remove(connection: Connection): void {
    const { identity } = connection
    this.#open.delete(connection)
    this.#unauthenticated.delete(connection)
    if (identity === null) return
    const client = clientKey(identity, connection)
    if (this.#byClient.get(client) === connection) this.#byClient.delete(client)
    this.#leave(identity, connection)
  }

  /** Whether the device of this connection has another one open. */
  hasOther(connection: Connection): boolean {
    const { identity } = connection
    const present = identity?.kind === 'device' ? this.#byCredential.get(credentialKey(identity)) : undefined
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

  #dropUnauthenticated(): void {
    const waiting = [...this.#unauthenticated]
    const byAddress = Map.groupBy(waiting, ({ address }) => hostOf(address))
    const most = [...byAddress.values()].reduce((a, b) => (b.length > a.length ? b : a))
    const [oldest] = most
    if (!oldest) return
    this.#unauthenticated.delete(oldest)
    this.#report.count('refusedConnections')
    // A flood is told once a minute; each of its connections would be a line otherwise.
    if (performance.now() - this.#overflowToldMs >= MINUTE_MS) {
      this.#overflowToldMs = performance.now()
      const text = `${waiting.length} connections have shown no credential, ${most.length} of them from ${hostOf(oldest.address)}; the oldest are closed`
      this.#report.event(oldest, 'too_many_connections', text)
    }
    oldest.reported = true
    oldest.stream.destroy()
  }

  #enter(identity: Identity, connection: Connection): void {
    const credential = credentialKey(identity)
    const present = this.#byCredential.get(credential)
    if (present) {
      present.add(connection)
      return
    }
    this.#byCredential.set(credential, new Set([connection]))
    if (identity.kind === 'device') this.#onPresence(identity.name, true)
  }

  #leave(identity: Identity, connection: Connection): void {
    const credential = credentialKey(identity)
    const present = this.#byCredential.get(credential)
    if (!present?.delete(connection) || present.size > 0) return
    this.#byCredential.delete(credential)
    if (identity.kind === 'device') this.#onPresence(identity.name, false)
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
function clientKey(identity: Identity, { clientId }: Connection): string {
  return `${credentialKey(identity)}/${clientId}`
}

function credentialKey({ kind, name }: Identity): string {
  return `${kind}/${name}`
}

/** `address` without its port. */
function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
