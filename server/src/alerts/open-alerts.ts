import type { BlockList } from 'node:net'
import { type CameraState, cameraId, parseCameraId } from '@ajar/protocol'
import type { Events } from '../database/events.ts'
import type { EventRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Devices } from '../devices/devices.ts'
import type { Sources } from '../devices/sources.ts'
import type { Logging } from '../logging/logging.ts'
import type { HealthCheck } from '../observe/health.ts'
import { AlertRows } from './alert-rows.ts'
import { Announcer, retainedOf } from './announcer.ts'
import { Engine } from './engine.ts'
import { Rules } from './rules.ts'
import { Subjects } from './subjects.ts'
import { type WebhookPorts, Webhooks } from './webhook/webhooks.ts'

export interface AlertsParts {
  database: StateDatabase
  events: Events
  logging: Pick<Logging, 'of' | 'clean'>
  sources: Pick<Sources, 'list' | 'find' | 'nameNow'>
  devices: Pick<Devices, 'list' | 'has'>
  /** What is published of a camera. */
  state(camera: string): CameraState
  /** The server's time when the last of a camera's frames came in; null where none did. */
  receivedAt(camera: string): number | null
  /** Of the disk of the data folder; null while nobody has looked. */
  freeBytes(): number | null
  /** What the server's health says; asked once it has started. */
  health(): HealthCheck[]
  /** @param payload null clears what is retained */
  publish(topic: string, payload: object | null, options: { retain: boolean }): Promise<void>
  /** The time by which what is old goes, milliseconds UTC. */
  believed(): number
  /** Addresses that webhooks may reach although they are private. */
  allow: BlockList
  /** What stands before the paths of links; empty: nothing. */
  publicUrl: string
  onOutcome?: WebhookPorts['onOutcome']
  /** Whether webhooks are told; what is found waits for them otherwise. */
  sends: boolean
}

/** Rules, what they find, and who is told of it. */
export type Alerts = ReturnType<typeof openAlerts>

/** They wait for `load`, before the broker has to know what stands, and `start`. */
export function openAlerts(parts: AlertsParts) {
  const { database, events, sources, devices, allow, publicUrl, onOutcome } = parts
  const log = parts.logging.of('alerts')
  const now = () => Date.now()
  const webhooks = new Webhooks({
    ...{ database, log, now, allow, random: () => Math.random() },
    ...(onOutcome ? { onOutcome } : {}),
  })
  const rules = new Rules({
    ...{ database, webhooks, now, allow },
    statesOf: (camera) => sources.find(camera)?.states ?? null,
    hasDevice: (name) => devices.has(name),
  })
  const announcer = new Announcer({ log, publish: parts.publish })
  const rows = new AlertRows({
    ...{ database, events, webhooks, publicUrl, believed: parts.believed },
    onChanged: (changes) => announcer.take(changes),
  })
  const subjects = new Subjects({
    ...{ database, state: parts.state, receivedAt: parts.receivedAt, freeBytes: parts.freeBytes },
    health: parts.health,
    sources: () => sources.list(),
    devices: () => devices.list(),
    nameNow(camera) {
      const ref = parseCameraId(camera)
      return ref ? cameraId(sources.nameNow(ref)) : camera
    },
  })
  const engine = new Engine({ rules, subjects, rows, log, now, monotonic: () => performance.now() })
  let unsubscribe = () => {}
  return {
    publicUrl,
    rules,
    rows,
    engine,
    webhooks,
    /** @returns what the broker has to know again before it lets anybody in */
    async load() {
      await rules.load()
      await engine.load()
      return engine.alerts().map(retainedOf)
    },
    async start() {
      if (parts.sends) await webhooks.start()
      unsubscribe = events.subscribe((told) => {
        if (told.some(isRenaming)) rules.load().catch((err) => log.warn({ err }, 'rules could not be read again'))
      })
      engine.start()
    },
    async close() {
      unsubscribe()
      await engine.close()
      await announcer.settled()
      await webhooks.close()
    },
    get health() {
      const { trouble, isFull } = engine
      const full = 'so many alerts stand that new ones find no place: see which rule makes them, and change it'
      const text = trouble
        ? `nobody looks at the alert rules now (${parts.logging.clean(trouble)}): make room on the disk, or see the log`
        : isFull
          ? full
          : 'rules are looked at'
      return { name: 'alerts', level: trouble || isFull ? ('warn' as const) : ('ok' as const), text }
    },
  }
}

/** The rules of a camera go along with its name, as their rows say. */
function isRenaming({ kind, data_json }: EventRow): boolean {
  return kind === 'camera' && JSON.parse(data_json).change === 'renamed'
}
