import { timingSafeEqual } from 'node:crypto'
import { ConfigApplied, type ConfigDesired, MOST_STATUS_BYTES, type SensorStatus, Status, topics } from '@ajar/protocol'
import type { Kysely } from 'kysely'
import { Value } from 'typebox/value'
import type { Events } from '../database/events.ts'
import type { DeviceRow, StateTables } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { untilWritten } from '../database/until-written.ts'
import { badRequest, conflict, notFound } from '../http/errors.ts'
import { DOORS } from '../http/nouns.ts'
import type { Log } from '../logging/levels.ts'
import { makeToken, tokenDigest } from '../secrets.ts'
import { DeviceLines } from './device-lines.ts'
import { KnownFacts, sensorIn } from './sensor-facts.ts'

export interface DevicesPorts {
  database: StateDatabase
  events: Events
  /** Sends a retained message to the device and to whoever watches it. */
  publish(topic: string, payload: object): Promise<void>
  /** Ends the device's connection, where it has one. */
  disconnect(name: string): Promise<void>
  log: Pick<Log, 'info' | 'warn'>
}

/** Somebody who called himself a device was not let in. */
export interface Refusal {
  /** Milliseconds UTC. */
  at: number
  reason: 'wrong_credential' | 'disabled'
}

/** `seen`: it came, went or said something; `changed`: people did something to it, or it answered to its settings. */
type DeviceChange = 'added' | 'changed' | 'removed' | 'seen'

/** The MQTT user name under which people's tokens connect. */
export const OPERATORS = 'token'
/** A device of this name could read what is told of the server. One that has it already keeps it. */
const SERVER = 'server'
/** The device name of what older clients send: they say of no device that they are it. */
export const LEGACY = 'legacy'
/** Names that no device can have, and why. */
const RESERVED = new Map([
  ...[OPERATORS, 'ticket'].map((name) => [name, 'is an MQTT user name of people'] as const),
  [DOORS, "is where doors stand, which are the server's own"],
  [LEGACY, 'is where the readings of older clients stand'],
])

export function isReserved(name: string): boolean {
  return RESERVED.has(name)
}

/** @throws HttpError 400 `reserved` */
export function refuseReserved(name: string, field: string) {
  const why = RESERVED.get(name)
  if (why !== undefined) throw badRequest('reserved', `${name} ${why}`, field)
}

/** Those who watch are told so often at most that a device was refused: strangers can have it refused at any rate. */
const REFUSALS_TOLD_MS = 20_000

const OFFLINE: Status = { state: 'offline' }

/** Every device with its credential, presence and settings. They are few: all rows are held in memory. */
export class Devices {
  readonly #ports: DevicesPorts
  readonly #rows = new Map<string, DeviceRow>()
  readonly #facts: KnownFacts
  readonly #lines: DeviceLines
  /** Of devices that were not let in since they were connected last. */
  readonly #refusals = new Map<string, Refusal & { toldAt: number }>()

  constructor(ports: DevicesPorts) {
    this.#ports = ports
    this.#facts = new KnownFacts(ports.database)
    this.#lines = new DeviceLines({ log: ports.log, isConnected: (name) => this.isConnected(name) })
  }

  /** Loads all devices; none is connected yet (guarantee 9). */
  async start() {
    await this.#ports.database.write.updateTable('devices').set({ connected: 0 }).execute()
    for (const row of await this.#ports.database.read.selectFrom('devices').selectAll().execute())
      this.#rows.set(row.name, row)
  }

  close() {
    this.#lines.close()
  }

  /** What the broker has to know again before it lets anybody in. */
  retained(): { topic: string; payload: string }[] {
    return this.list().flatMap(({ name, applied_json, desired_json }) => [
      { topic: topics.status(name), payload: JSON.stringify(OFFLINE) },
      ...(applied_json === null ? [] : [{ topic: topics.configApplied(name), payload: applied_json }]),
      ...(desired_json === null ? [] : [{ topic: topics.configDesired(name), payload: desired_json }]),
    ])
  }

  list(): DeviceRow[] {
    return [...this.#rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  get(name: string): DeviceRow {
    const row = this.#rows.get(name)
    if (!row) throw notFound(`the device ${name}`)
    return row
  }

  has(name: string): boolean {
    return this.#rows.has(name)
  }

  isConnected(name: string): boolean {
    return this.#rows.get(name)?.connected === 1
  }

  /** What the agent last said of itself, or null. */
  statusOf(name: string): Status | null {
    return parsed<Status>(this.#rows.get(name)?.status_json ?? null)
  }

  /** What the agent last said of a sensor, or null. */
  sensorOf(name: string, sensor: string): SensorStatus | null {
    return sensorIn(this.statusOf(name), sensor)
  }

  /** Why a sensor cannot be read now, or null, as where its device is away. */
  faultOf(name: string, sensor: string): string | null {
    return this.isConnected(name) ? (this.sensorOf(name, sensor)?.fault ?? null) : null
  }

  /** Whether this is the device's credential. Where it is not, that is known of the device until it connects. */
  authenticate(name: string, token: string): boolean {
    const row = this.#rows.get(name)
    if (row === undefined) return false
    const isItsOwn = timingSafeEqual(row.token_sha256, tokenDigest(token))
    if (isItsOwn && !row.disabled) return true
    this.#refused(row, isItsOwn ? 'disabled' : 'wrong_credential')
    return false
  }

  /** The last time that the device was not let in; null where it has connected since, or this server has just started. */
  refusalOf(name: string): Refusal | null {
    const known = this.#refusals.get(name)
    return known ? { at: known.at, reason: known.reason } : null
  }

  /** @returns the credential: it is kept as a digest only, so this is the one time it is seen */
  async create(name: string): Promise<string> {
    refuseReserved(name, 'name')
    if (name === SERVER)
      throw badRequest('reserved', `alerts about the server itself stand under ajar/${name}/`, 'name')
    const token = makeToken()
    const row: DeviceRow = {
      name,
      token_sha256: tokenDigest(token),
      disabled: 0,
      created_at: Date.now(),
      connected: 0,
      seen_at: null,
      status_json: null,
      applied_json: null,
      desired_json: null,
    }
    await this.#write(row, 'added', async (transaction) => {
      const { numInsertedOrUpdatedRows } = await transaction
        .insertInto('devices')
        .values(row)
        .onConflict((clash) => clash.doNothing())
        .executeTakeFirstOrThrow()
      if (!numInsertedOrUpdatedRows) throw conflict('name_taken', `there is a device named ${name} already`)
    })
    this.#rows.set(name, row)
    this.#lines.did(name, 'added')
    return token
  }

  /** A new credential; the old one ends at once, and so does the connection that used it. */
  async renewCredential(name: string): Promise<string> {
    this.get(name)
    const token = makeToken()
    await this.#change(name, { token_sha256: tokenDigest(token) })
    this.#lines.did(name, 'has another credential')
    await this.#ports.disconnect(name)
    return token
  }

  async setDisabled(name: string, disabled: boolean) {
    const row = this.get(name)
    const change: Partial<DeviceRow> = { disabled: disabled ? 1 : 0 }
    await this.#write(row, 'changed', (transaction) => update(transaction, name, change))
    Object.assign(row, change)
    this.#lines.did(name, disabled ? 'disabled' : 'enabled')
    if (disabled) await this.#ports.disconnect(name)
  }

  /** The device may no longer connect; its cameras and frames stay. */
  async remove(name: string) {
    const gone: DeviceRow = { ...this.get(name), connected: 0 }
    await this.#write(gone, 'removed', (transaction) =>
      transaction.deleteFrom('devices').where('name', '=', name).execute(),
    )
    this.#rows.delete(name)
    this.#facts.forget(name)
    this.#refusals.delete(name)
    this.#lines.removed(name)
    await this.#ports.disconnect(name)
  }

  /** Sends the agent its settings, a full replacement of those before. */
  async configure(name: string, settings: Record<string, unknown>): Promise<ConfigDesired> {
    const row = this.get(name)
    const before = row.desired_json
    const version = before === null ? 1 : (JSON.parse(before) as ConfigDesired).version + 1
    const desired: ConfigDesired = { version, settings }
    const change: Partial<DeviceRow> = { desired_json: JSON.stringify(desired) }
    await this.#write(row, 'changed', (transaction) => update(transaction, name, change))
    Object.assign(row, change)
    this.#lines.did(name, 'is sent settings', { version })
    await this.#ports.publish(topics.configDesired(name), desired)
    return desired
  }

  /** The broker saw the device come or go: that is so at once, whatever the disk says. */
  async onPresence(name: string, connected: boolean) {
    const row = this.#rows.get(name)
    if (!row) return
    row.connected = connected ? 1 : 0
    if (connected) this.#refusals.delete(name)
    this.#lines.presence(name)
    await this.#observe(name, { connected: row.connected })
  }

  /** A status of the device, or its last will; kept when it says what a status says, of a long one only the state: it is told again with every change. */
  async onStatus(name: string, payload: Uint8Array) {
    const said = parse(payload)
    const isLong = payload.byteLength > MOST_STATUS_BYTES
    const status = isLong && Value.Check(Status, said) ? { state: said.state } : said
    if (!this.#rows.has(name) || !Value.Check(Status, status)) return
    await this.#observe(name, { status_json: JSON.stringify(status) })
    // After the row above: a sensor whose first reading comes meanwhile takes them from there.
    await untilWritten(() => this.#facts.keep(name, status))
  }

  async onConfigApplied(name: string, payload: Uint8Array) {
    const applied = parse(payload)
    const row = this.#rows.get(name)
    if (!row || !Value.Check(ConfigApplied, applied)) return
    const desired = parsed<ConfigDesired>(row.desired_json)
    // Each connection brings the same answer again.
    if (row.applied_json !== JSON.stringify(applied)) this.#lines.answered(name, applied, desired?.version ?? null)
    await this.#observe(name, { applied_json: JSON.stringify(applied) }, 'changed')
  }

  #refused(row: DeviceRow, reason: Refusal['reason']) {
    const before = this.#refusals.get(row.name)
    const at = Date.now()
    const isNews = before?.reason !== reason || Math.abs(at - before.toldAt) >= REFUSALS_TOLD_MS
    this.#refusals.set(row.name, { at, reason, toldAt: isNews ? at : before.toldAt })
    if (isNews) this.#write(row, 'changed').catch(() => {}) // the disk refuses: the next time it is told
  }

  /** Keeps what was seen of a device and tells those who watch; waits while the disk refuses. */
  async #observe(name: string, change: Partial<DeviceRow>, told: DeviceChange = 'seen') {
    await untilWritten(() => this.#change(name, { ...change, seen_at: Date.now() }))
    const row = this.#rows.get(name)
    if (row) await untilWritten(() => this.#write(row, told))
  }

  async #change(name: string, change: Partial<DeviceRow>) {
    await update(this.#ports.database.write, name, change)
    const row = this.#rows.get(name)
    if (row) Object.assign(row, change)
  }

  /** Tells those who watch what became of a device, in one transaction with what `write` writes. */
  async #write(
    { name, connected, status_json }: DeviceRow,
    change: DeviceChange,
    write: (transaction: Kysely<StateTables>) => Promise<unknown> = async () => {},
  ) {
    const { events, database } = this.#ports
    const status = status_json === null ? null : JSON.parse(status_json)
    const data = { device: name, change, connected: connected === 1, status }
    const rows = await database.write.transaction().execute(async (transaction) => {
      await write(transaction)
      return events.append(transaction, [{ kind: 'device', data }])
    })
    events.publish(rows)
  }
}

function update(database: Kysely<StateTables>, name: string, change: Partial<DeviceRow>) {
  return database.updateTable('devices').set(change).where('name', '=', name).execute()
}

function parsed<T>(json: string | null): T | null {
  return json === null ? null : (JSON.parse(json) as T)
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
