import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { conflict, notFound } from '../http/errors.ts'
import type { Logging } from '../logging/logging.ts'
import type { HealthCheck } from '../observe/health.ts'
import { alarmsOf, type ProcessAlarm, processHealth } from './process-alarms.ts'
import { LAST_LINES, type ProcessStatus, reported } from './process-status.ts'
import type { Supervision } from './supervision.ts'
import { unitAlarm } from './unit-alarms.ts'

export interface ProcessesPorts {
  database: StateDatabase
  events: Events
  logging: Pick<Logging, 'of' | 'lastLines'>
  /** The job workers that are connected. */
  workers: { list(): { pid: number; startedAtMs: number }[]; leave(): number }
  /** Those that run programs; without it, none do. */
  programsWorkers?(): { list(): { pid: number; startedAtMs: number }[]; leave(): number }
  /** Whether a redeploy watches how the server ends. */
  isOnTrial(): boolean
}

/** Processes that connect to us, by the names that others know them by. */
const WORKERS = ['worker', 'programs'] as const
type Worker = (typeof WORKERS)[number]
const isWorker = (name: string): name is Worker => (WORKERS as readonly string[]).includes(name)

/** Answers get out before the process does. */
const ANSWER_MS = 200

/** The processes of this system, as the watchdog tells of them; without one, what the server sees itself. */
export class Processes {
  readonly #ports: ProcessesPorts
  #supervision: Supervision | null = null
  #told: ProcessStatus[] | null = null
  /** What systemd told of those that it starts: the last alarm of each. */
  readonly #gaveUp = new Map<string, ProcessAlarm>()

  constructor(ports: ProcessesPorts) {
    this.#ports = ports
  }

  /** Listens to whoever supervises this process; null: nobody does. */
  supervisedBy(supervision: Supervision | null) {
    this.#supervision = supervision
    supervision?.listen((message) => {
      const gaveUp = unitAlarm(message)
      if (gaveUp) this.#takeGivingUp(gaveUp)
      const now = reported(message, this.#told)
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
    return processHealth(this.list(), [...this.#gaveUp.values()])
  }

  /** A worker has connected: one that had given up runs again. */
  workerConnected(name: Worker = 'worker') {
    const gaveUp = this.#gaveUp.get(name)
    if (gaveUp) this.#runsAgain(gaveUp)
  }

  /** @throws HttpError 404, or 409 `not_supervised` where nobody would start it again, `on_trial` where a redeploy watches it */
  restart(name: string) {
    if (!this.list().some((status) => status.name === name)) throw notFound(`the process ${name}`)
    if (name === 'server' && this.#ports.isOnTrial())
      throw conflict('on_trial', 'a release is on trial, and an end of the server would count against it: wait')
    const supervision = this.#supervision
    if (this.#told && supervision) return void setTimeout(() => supervision.restart(name), ANSWER_MS)
    if (isWorker(name)) return void this.#workersOf(name)?.leave()
    // A parent that never told of its processes is none that restarts them.
    if (!supervision || process.connected)
      throw conflict('not_supervised', 'nobody would start the server again: run it by npm start or as a service')
    setTimeout(() => supervision.restart(name), ANSWER_MS)
  }

  #seen(): ProcessStatus[] {
    const running = { restarts: null, lastExit: null, state: 'running' } as const
    const { logging } = this.#ports
    const server = { pid: process.pid, startedAtMs: performance.timeOrigin, log: logging.lastLines(LAST_LINES) }
    const seen = WORKERS.flatMap((name) => {
      const [worker] = this.#workersOf(name)?.list() ?? []
      // It sends its lines to us; our own about it stand among them.
      const log = () => logging.lastLines(LAST_LINES, { component: name })
      return worker ? [{ name, ...worker, log: log(), ...running }] : []
    })
    return [{ name: 'server', ...server, ...running }, ...seen]
  }

  #workersOf(name: Worker) {
    const { workers, programsWorkers } = this.#ports
    return name === 'worker' ? workers : programsWorkers?.()
  }

  #takeGivingUp(alarm: ProcessAlarm) {
    const { process: name, lastExit } = alarm
    this.#gaveUp.set(name, alarm)
    this.#tell(alarm)
    // It may run again already. Of any other only systemd knows.
    const ours = this.#seen().find((status) => status.name === name)
    if ((ours?.startedAtMs ?? 0) > (lastExit?.atMs ?? 0)) this.#runsAgain(alarm)
  }

  #runsAgain(alarm: ProcessAlarm) {
    const { process: name, text } = alarm
    if (isWorker(name)) this.#gaveUp.delete(name)
    else {
      // Nobody could tell of the server's own end while it lasted: it stands in health for a while.
      const since = new Date(performance.timeOrigin).toISOString()
      this.#gaveUp.set(name, { ...alarm, level: 'warn', text: `${text}; it runs again since ${since}` })
    }
    this.#tell({ ...alarm, level: 'ok', state: 'running', text: `the ${name} runs again` })
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
