import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { conflict, notFound } from '../http/errors.ts'
import type { Logging } from '../logging/logging.ts'
import type { HealthCheck } from '../observe/health.ts'
import { alarmsOf, type ProcessAlarm, processHealth } from './process-alarms.ts'
import { type ProcessStatus, reported } from './process-status.ts'
import type { Supervision } from './supervision.ts'
import { unitAlarm } from './unit-alarms.ts'

export interface ProcessesPorts {
  database: StateDatabase
  events: Events
  logging: Pick<Logging, 'of' | 'lastLines'>
  /** The job workers that are connected. */
  workers: { list(): { pid: number; startedAtMs: number }[]; leave(): number }
}

/** Answers get out before the process does. */
const ANSWER_MS = 200
/** As many as a watchdog keeps. */
const LINES = 100
/** So long health speaks of a unit that gave up: whether it runs again, only systemd knows. */
const RECENT_MS = 3_600_000

/** The processes of this system, as the watchdog tells of them; without one, what the server sees itself. */
export class Processes {
  readonly #ports: ProcessesPorts
  #supervision: Supervision | null = null
  #told: ProcessStatus[] | null = null
  /** The last unit of systemd that did. */
  #gaveUp: ProcessAlarm | null = null

  constructor(ports: ProcessesPorts) {
    this.#ports = ports
  }

  /** Listens to whoever supervises this process; null: nobody does. */
  supervisedBy(supervision: Supervision | null) {
    this.#supervision = supervision
    supervision?.listen((message) => {
      const gaveUp = unitAlarm(message)
      if (gaveUp) {
        this.#gaveUp = gaveUp
        this.#tell(gaveUp)
      }
      const now = reported(message)
      if (!now) return
      const alarms = alarmsOf(this.#told, now)
      this.#told = now
      for (const alarm of alarms) this.#tell(alarm)
    })
  }

  list(): ProcessStatus[] {
    return this.#told ?? this.#seen()
  }

  get health(): HealthCheck {
    const now = processHealth(this.list())
    const { text, lastExit } = this.#gaveUp ?? {}
    const isRecent = Date.now() - (lastExit?.atMs ?? 0) < RECENT_MS
    return now.level === 'ok' && text && isRecent ? { ...now, level: 'warn', text } : now
  }

  /** @throws HttpError 404, or 409 `not_supervised` where nobody would start it again */
  restart(name: string) {
    if (!this.list().some((status) => status.name === name)) throw notFound(`the process ${name}`)
    const supervision = this.#supervision
    if (this.#told && supervision) return void setTimeout(() => supervision.restart(name), ANSWER_MS)
    if (name === 'worker') return void this.#ports.workers.leave()
    // A parent that never told of its processes is none that restarts them.
    if (!supervision || process.connected)
      throw conflict('not_supervised', 'nobody would start the server again: run it by npm start or as a service')
    setTimeout(() => supervision.restart(name), ANSWER_MS)
  }

  #seen(): ProcessStatus[] {
    const running = { restarts: null, lastExit: null, state: 'running' } as const
    const server = { pid: process.pid, startedAtMs: performance.timeOrigin, log: this.#ports.logging.lastLines(LINES) }
    const [worker] = this.#ports.workers.list()
    return [
      { name: 'server', ...server, ...running },
      ...(worker ? [{ name: 'worker', ...worker, log: [], ...running }] : []),
    ]
  }

  #tell(alarm: ProcessAlarm) {
    const { database, events, logging } = this.#ports
    const log = logging.of('processes')
    const { process: name, level, text } = alarm
    log[level === 'ok' ? 'info' : level]({ process: name }, text)
    void events
      .append(database.write, [{ kind: 'process', data: alarm }])
      .then((rows) => events.publish(rows))
      .catch((err) => log.warn({ err, process: name }, 'an alarm could not be told')) // it stands in health and in the log
  }
}
