import type { Identity, Transport } from '@ajar/broker'
import type { Accounts } from './accounts.ts'
import { TICKET_HOLDERS, type Tickets } from './tickets.ts'

export interface MqttIdentityPorts {
  accounts: Accounts
  tickets: Tickets
  /** The user name under which people's tokens connect. */
  operators: string
  /** Whether this is the device's credential. */
  isDevice(name: string, token: string): boolean
}

/** Whose user name and password these are over MQTT, or null. */
export function mqttIdentity(
  { accounts, tickets, operators, isDevice }: MqttIdentityPorts,
  username: string,
  password: string,
  transport: Transport,
): Identity | null {
  if (username === TICKET_HOLDERS) {
    // A ticket is for pages, and pages come by WebSocket; elsewhere it is not even used up.
    const tokenId = transport === 'websocket' ? tickets.redeem(password) : null
    return tokenId === null ? null : { kind: 'operator', name: tokenId }
  }
  if (username !== operators) return isDevice(username, password) ? { kind: 'device', name: username } : null
  // Every role may watch: to subscribe is to read, and nobody publishes with a token.
  const caller = accounts.authenticate(password)
  return caller && { kind: 'operator', name: caller.tokenId }
}
