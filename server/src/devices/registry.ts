import type { ConnectionInfo } from '@ajar/broker'
import type { Events } from '../database/events.ts'
import type { DeviceRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { SparingLog } from '../logging/sparing-log.ts'
import type { HealthCheck } from '../observe/health.ts'
import type { Devices, Refusal } from './devices.ts'
import { KeepAliveEvents } from './keep-alive-events.ts'
import { type KeepAlive, KeepAlives, numberOf, type SeenAlive } from './keep-alives.ts'

/** A device, whatever it speaks. Over HTTP it is known for as long as it says that it is there. */
export interface KnownDevice extends Omit<KeepAlive, 'address'> {
  protocol: 'mqtt' | 'http'
  /** Where its connection, or its last word, comes from. */
  address: string | null
  connected: boolean
  disabled: boolean
  /** Milliseconds UTC. */
  seenAt: number | null
  refused: Refusal | null
  createdAt: number
  status: unknown
  desired: unknown
  applied: unknown
}

export interface RegistryPorts {
  database: StateDatabase
  events: Events
  devices: Devices
  sparingLog: Pick<SparingLog, 'warn'>
  /** Milliseconds UTC. */
  now(): number
  /** Milliseconds that go on whatever is done to the clock. */
  monotonic(): number
  /** Who is connected by MQTT. */
  connections(): ConnectionInfo[]
}

/** All devices in one list: those with a credential, and those that only say that they are there. */
export class Registry {
  readonly #devices: Devices
  readonly #connections: () => ConnectionInfo[]
  readonly #keepAlives: KeepAlives
  readonly #keepAliveEvents: KeepAliveEvents
  readonly #sparingLog: RegistryPorts['sparingLog']

  constructor({ database, events, devices, sparingLog, now, monotonic, connections }: RegistryPorts) {
    this.#devices = devices
    this.#sparingLog = sparingLog
    this.#connections = connections
    this.#keepAlives = new KeepAlives(now, monotonic)
    this.#keepAliveEvents = new KeepAliveEvents({ database, events, keepAlives: this.#keepAlives })
  }

  start() {
    this.#keepAliveEvents.start()
  }

  close(): Promise<void> {
    return this.#keepAliveEvents.close()
  }

  list(): KnownDevice[] {
    const addresses = this.#addresses()
    const registered = this.#devices.list().map((row) => this.#byMqtt(row, addresses))
    return [...registered, ...this.#keepAlives.list().map(byHttp)].sort(inOrder)
  }

  /** @throws HttpError 404 where no device has such a credential */
  get(name: string): KnownDevice {
    return this.#byMqtt(this.#devices.get(name), this.#addresses())
  }

  /** Those who are there now. */
  present(): KnownDevice[] {
    return this.list().filter(({ connected }) => connected)
  }

  /** A device said by HTTP that it is there. */
  keepAlive({ address, ...said }: KeepAlive) {
    const crowd = this.#keepAlives.take({ ...said, address: plain(address) })
    if (crowd !== null) this.#sparingLog.warn('keep_alive crowd', { address: crowd }, crowdText(crowd))
  }

  /** A warning while somebody says more names over HTTP than the list holds; else nothing. */
  get health(): HealthCheck[] {
    const { crowd } = this.#keepAlives
    return crowd === null ? [] : [{ name: 'keep_alive', level: 'warn', text: crowdText(crowd) }]
  }

  #byMqtt(row: DeviceRow, addresses: Map<string, string>): KnownDevice {
    return byMqtt(row, addresses.get(row.name), this.#devices.refusalOf(row.name))
  }

  #addresses(): Map<string, string> {
    const devices = this.#connections().filter(({ identity }) => identity.kind === 'device')
    return new Map(devices.map(({ identity, address }) => [identity.name, address]))
  }
}

function byMqtt(row: DeviceRow, from: string | undefined, refused: Refusal | null): KnownDevice {
  return {
    name: row.name,
    number: numberOf(row.name),
    protocol: 'mqtt',
    address: from === undefined ? null : plain(from.slice(0, from.lastIndexOf(':'))),
    connected: row.connected === 1,
    disabled: row.disabled === 1,
    seenAt: row.seen_at,
    refused,
    createdAt: row.created_at,
    status: parsed(row.status_json),
    desired: parsed(row.desired_json),
    applied: parsed(row.applied_json),
  }
}

function byHttp({ firstSeenAt, ...seen }: SeenAlive): KnownDevice {
  const nothing = { refused: null, status: null, desired: null, applied: null }
  return { ...seen, ...nothing, protocol: 'http', connected: true, disabled: false, createdAt: firstSeenAt }
}

function crowdText(address: string): string {
  const toDo = 'find the program there and stop it, or set AJAR_LEGACY_OPEN=0 so that every caller shows a token'
  return `${address} says by keep_alive more names than the list holds, and its oldest ones leave it: ${toDo}`
}

/** IPv4 as it is written, also where the listener takes IPv6 too (RFC 4291, 2.5.5.2). */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json)
}

function inOrder(a: KnownDevice, b: KnownDevice): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.number - b.number
}
