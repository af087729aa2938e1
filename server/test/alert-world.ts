import { BlockList } from 'node:net'
import type { UnknownReason } from '@ajar/protocol'
import { AlertRows, type Change } from '../src/alerts/alert-rows.ts'
import { Announcer, retainedOf } from '../src/alerts/announcer.ts'
import { Engine } from '../src/alerts/engine.ts'
import { Rules } from '../src/alerts/rules.ts'
import { Subjects } from '../src/alerts/subjects.ts'
import { Events } from '../src/database/events.ts'
import type { EventRow } from '../src/database/schema.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import type { HealthCheck } from '../src/observe/health.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** Midnight of a day. */
export const START = Date.UTC(2026, 10, 2)

const silent = { info() {}, warn() {}, debug() {} }

export interface WorldCamera {
  states: string[]
  state: string
  reason?: UnknownReason
  since: number
  receivedAt: number
  /** Nothing comes of it, which nobody knows yet. */
  isSilent?: boolean
}

export interface WorldDevice {
  connected: boolean
  disabled: boolean
  status: object | null
}

/**
 * Cameras and devices by script, and a clock that is set by hand; rules, alerts, their rows and their messages are real. What is
 * known outside is written down: by events, webhooks and MQTT.
 */
export class AlertWorld {
  readonly database: StateDatabase
  readonly rules: Rules
  /** The clock of the machine. */
  now = START
  /** Goes on whatever is done to the clock. */
  elapsed = 0
  readonly cameras = new Map<string, WorldCamera>()
  readonly renamed = new Map<string, string>()
  readonly devices = new Map<string, WorldDevice>()
  freeBytes: number | null = 50e9
  health: HealthCheck[] = []
  /** The server runs. */
  isUp = false
  readonly told: string[] = []
  readonly events: EventRow[] = []
  readonly webhooks: string[] = []
  readonly retained = new Map<string, string>()
  readonly published: string[] = []
  engine!: Engine
  #announcer!: Announcer

  private constructor(database: StateDatabase) {
    this.database = database
    this.rules = new Rules({
      ...{ database, webhooks: { forget: async () => {}, tryAgain: async () => {}, wake() {} } },
      ...{ now: () => this.now, allow: new BlockList() },
      statesOf: (camera) => this.cameras.get(camera)?.states ?? null,
      hasDevice: (name) => this.devices.has(name),
    })
  }

  static async start(undo: Undo): Promise<AlertWorld> {
    const database = await openStateDatabase(await temporaryFolder(undo))
    undo(() => database.close())
    const world = new AlertWorld(database)
    await world.boot()
    return world
  }

  /** The server starts. */
  async boot() {
    const { database } = this
    const events = new Events()
    events.subscribe((rows) => this.events.push(...rows))
    this.#announcer = new Announcer({
      log: silent,
      publish: async (topic, payload, { retain }) => {
        this.published.push(`${topic} ${payload === null ? 'nothing' : (payload as { state: string }).state}`)
        if (retain && payload === null) this.retained.delete(topic)
        else if (retain) this.retained.set(topic, JSON.stringify(payload))
      },
    })
    const rows = new AlertRows({
      ...{ database, events, publicUrl: '', believed: () => this.now },
      webhooks: {
        enqueue: async (_, rule, { type, data }) => {
          this.webhooks.push(`${type} ${(data as { subject: string }).subject} ${rule}`)
        },
        wake() {},
      },
      onChanged: (changes) => {
        for (const change of changes) this.told.push(this.#written(change))
        this.#announcer.take(changes)
      },
    })
    const subjects = new Subjects({
      database,
      sources: () => [...this.cameras].map(([id, { states }]) => ({ id, states })),
      state: (id) => {
        const { state, reason, since } = this.cameras.get(id) as WorldCamera
        return { state, since, confidence: null, frame: null, model: null, ...(reason ? { reason } : {}) }
      },
      receivedAt: (id) => this.cameras.get(id)?.receivedAt ?? null,
      devices: () =>
        [...this.devices].map(([name, { connected, disabled, status }]) => ({
          ...{ name, connected: connected ? 1 : 0, disabled: disabled ? 1 : 0 },
          status_json: status && JSON.stringify(status),
        })),
      freeBytes: () => this.freeBytes,
      health: () => this.health,
      nameNow: (camera) => this.renamed.get(camera) ?? camera,
    })
    this.engine = new Engine({
      ...{ rules: this.rules, subjects, rows, log: silent, now: () => this.now, monotonic: () => this.elapsed },
    })
    await this.rules.load()
    await this.engine.load()
    // The broker keeps what is retained in memory: it knows nothing but what it is told at the start.
    this.retained.clear()
    for (const alert of this.engine.alerts()) {
      const { topic, payload } = retainedOf(alert)
      this.retained.set(topic, payload)
    }
    this.isUp = true
  }

  /** The server ends; killed, it writes nothing more. */
  async down({ killed = false } = {}) {
    if (!killed) await this.engine.close()
    await this.#announcer.settled()
    this.isUp = false
  }

  /** Lets time go by, a look each second. */
  async run(ms: number) {
    for (const end = this.elapsed + ms; this.elapsed < end; ) {
      this.pass(Math.min(SECOND, end - this.elapsed))
      if (this.isUp) await this.engine.look()
    }
    await this.#announcer.settled()
  }

  /** Time goes by, and frames of each camera come in that is not lost. */
  pass(ms: number) {
    this.now += ms
    this.elapsed += ms
    if (!this.isUp) return
    for (const camera of this.cameras.values())
      if (!camera.isSilent && camera.reason !== 'stale' && camera.reason !== 'offline') camera.receivedAt = this.now
  }

  /** Runs until a time of the first day, `HH:MM:SS`, or of a later one, `2 HH:MM:SS`. */
  async until(time: string) {
    const [, day = '1', hour = '', minute = '', second = '00'] = /^(?:(\d+) )?(\d+):(\d+)(?::(\d+))?$/.exec(time) ?? []
    const at = (Number(day) - 1) * DAY + Number(hour) * HOUR + Number(minute) * MINUTE + Number(second) * SECOND
    if (!(START + at >= this.now)) throw new Error(`${time} is over, or no time`)
    await this.run(START + at - this.now)
  }

  see(id: string, state: string, reason?: UnknownReason) {
    const camera = this.cameras.get(id) ?? { states: ['closed', 'open'], receivedAt: 0 }
    const { states, receivedAt } = camera
    this.cameras.set(id, { states, state, since: this.now, receivedAt, ...(reason ? { reason } : {}) })
  }

  device(name: string, connected: boolean, outboxFrames?: number) {
    const status =
      outboxFrames === undefined ? (this.devices.get(name)?.status ?? null) : { state: 'online', outboxFrames }
    this.devices.set(name, { connected, disabled: false, status })
  }

  #written({ to, alert }: Change): string {
    const at = this.now - START
    const day = Math.floor(at / DAY)
    const time = new Date(START + (at % DAY)).toISOString().slice(11, 19)
    return `${day === 0 ? '' : `${day + 1} `}${time} ${to} ${alert.subject}`
  }
}
