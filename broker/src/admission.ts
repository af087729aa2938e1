import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AuthenticateError, ConnectPacket } from 'aedes'
import { judgePublish } from './access.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import type { BrokerEventCode, BrokerLimits, BrokerPorts, Identity } from './contract.ts'
import { withDeadline } from './deadline.ts'
import type { Report } from './report.ts'

const IDENTIFIER_REJECTED = 2
const SERVER_UNAVAILABLE = 3
const BAD_USERNAME_OR_PASSWORD = 4
const NOT_AUTHORIZED = 5

const MAX_CLIENT_ID = 256
const LATE = Symbol('late')

type Limits = Pick<BrokerLimits, 'authenticateMs' | 'refusalDelayMs'>

/** From CONNECT to CONNACK: who is it, and may it come in? */
export class Admission {
  readonly #authenticate: BrokerPorts['authenticate']
  readonly #limits: Limits
  readonly #connections: Connections
  readonly #report: Report

  constructor(authenticate: BrokerPorts['authenticate'], limits: Limits, connections: Connections, report: Report) {
    this.#authenticate = authenticate
    this.#limits = limits
    this.#connections = connections
    this.#report = report
  }

  /**
   * Keeps what CONNECT says and changes what aedes sees of it: an id of its own for every connection, and no session that
   * outlives the connection. What must survive is kept elsewhere (retained states, the agent's outbox), while aedes would queue
   * for absent clients without bound; CONNACK says "no session present", as the standard allows.
   */
  greet(connection: Connection, packet: ConnectPacket): void {
    connection.clientId = packet.clientId || (packet.clean ? `anonymous-${randomUUID()}` : '')
    connection.keepaliveSeconds = packet.keepalive ?? 0
    connection.willTopic = packet.will?.topic ?? null
    packet.clientId = connection.id
    packet.clean = true
    // aedes counts from packet to packet, and gives up a client whose frame takes longer than that on a bad line; the stream
    // counts from byte to byte.
    packet.keepalive = 0
  }

  /** Resolves when the connection is admitted; throws an error with the return code of CONNACK. */
  async authenticate(
    connection: Connection,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<void> {
    if (connection.clientId === '') {
      throw this.#refusal(connection, IDENTIFIER_REJECTED, 'bad_client_id', 'no client id, but clean session is off')
    }
    if ((connection.clientId?.length ?? 0) > MAX_CLIENT_ID) {
      throw this.#refusal(
        connection,
        IDENTIFIER_REJECTED,
        'bad_client_id',
        `client id over ${MAX_CLIENT_ID} characters`,
      )
    }
    const identity = await this.#identify(connection, username ?? '', password?.toString() ?? '')
    if (identity === null) {
      await sleep(this.#limits.refusalDelayMs)
      const text = `no valid credential of user name ${JSON.stringify(username ?? '')}`
      throw this.#refusal(connection, BAD_USERNAME_OR_PASSWORD, 'bad_credentials', text)
    }
    this.#checkWill(connection, identity)
    // It may have hung up meanwhile; admitted, it would never be removed.
    if (connection.stream.destroyed) return
    const full = this.#connections.refuse(connection, identity)
    if (full !== null) throw this.#refusal(connection, SERVER_UNAVAILABLE, 'too_many_connections', full)
    this.#connections.admit(connection, identity)
  }

  async #identify(connection: Connection, username: string, password: string): Promise<Identity | null> {
    for (;;) {
      connection.recheck = false
      const identity = await withDeadline(this.#ask(connection, username, password), this.#limits.authenticateMs, LATE)
      if (identity === LATE) {
        const text = `the credential was not looked up within ${this.#limits.authenticateMs} ms; see the server's health`
        throw this.#refusal(connection, SERVER_UNAVAILABLE, 'authentication_timeout', text)
      }
      if (!connection.recheck) return identity
    }
  }

  async #ask(connection: Connection, username: string, password: string): Promise<Identity | null> {
    try {
      return await this.#authenticate(username, password, connection.transport)
    } catch (error) {
      throw this.#refusal(connection, SERVER_UNAVAILABLE, 'authentication_failed', `looking up failed: ${error}`)
    }
  }

  #checkWill(connection: Connection, identity: Identity): void {
    if (connection.willTopic === null) return
    const topic = judgePublish(identity, connection.willTopic)
    if (typeof topic !== 'string' && topic.rule.kind === 'status') return
    const text = `a last will on ${connection.willTopic}; only a device's own status can be one`
    throw this.#refusal(connection, NOT_AUTHORIZED, 'refused_will', text)
  }

  #refusal(connection: Connection, returnCode: number, code: BrokerEventCode, text: string): AuthenticateError {
    this.#report.count('refusedConnections')
    this.#report.ending(connection, code, text)
    return Object.assign(new Error(text), { returnCode })
  }
}
