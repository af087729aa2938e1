import { BackOff, type Pause } from './back-off.ts'
import { Child, type Entry, STOP_LIMIT_MS } from './child.ts'
import { type Clock, realClock } from './clock.ts'
import { Report } from './report.ts'
import { endEarlier, RunFolder } from './run-folder.ts'
import type { LastExit, ProcessStatus } from './status.ts'

export interface WatchdogOptions {
  /** PID files are kept in its folder `run`. */
  dataDir: string
  /** This process is told of all of them, and may have one restarted. */
  reportTo?: string
  onLine(name: string, line: string): void
  onMachineLine(name: string, line: Record<string, unknown>): void
  /** It ended although it is wanted, and is started again after the pause. */
  onExit(name: string, exit: LastExit, pause: Pause): void
  /** Its first start failed, and there is no second one. */
  onGivenUp(name: string, exit: LastExit): void
  clock?: Clock
  random?(): number
}

/** The parent of all processes: starts them, starts again what ends or hangs, and ends them in order. */
export class Watchdog {
  readonly #options: WatchdogOptions
  readonly #clock: Clock
  readonly #folder: RunFolder
  readonly #children: Child[] = []
  readonly #waiting = new Set<Child>()
  readonly #report: Report
  /** Who was told last: a new one has heard nothing yet. */
  #toldPid: number | null = null
  #stopping = false

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#folder = new RunFolder(options.dataDir)
    this.#report = new Report(this.#clock, () => this.#tell())
  }

  /** @throws RunFolderError where another watchdog looks after the processes of this data folder */
  async start(entries: Entry[]): Promise<void> {
    this.#folder.take()
    await Promise.all(entries.map((entry) => this.add(entry)))
  }

  /** One process more. What an earlier watchdog that was killed has left of it is ended first. */
  async add(entry: Entry): Promise<void> {
    const { clock, random, onLine, onMachineLine, onExit, onGivenUp } = { ...this.#options, clock: this.#clock }
    const { name, startAfter, stopLimitMs = STOP_LIMIT_MS } = entry
    const pidFile = this.#folder.pidFile(name)
    const child: Child = new Child(entry, {
      clock,
      backOff: new BackOff(random),
      pidFile,
      onLine: (line) => {
        onLine(name, line)
        this.#report.later()
      },
      onMachineLine: (line) => onMachineLine(name, line),
      onMessage: (message) => this.#take(name, message),
      onChange: () => this.#changed(),
      onExit: (exit, pause) => onExit(name, exit, pause),
      onGivenUp: (exit) => onGivenUp(name, exit),
    })
    this.#children.push(child)
    await endEarlier(pidFile, {
      script: entry.args[0] ?? entry.program,
      clock,
      limitMs: stopLimitMs,
      onFound: (pid) => onLine(name, `an earlier ${name} (process ${pid}) is still there and is ended first`),
    })
    if (this.#stopping) return
    if (startAfter === undefined || this.#wasReady(startAfter)) child.start()
    else this.#waiting.add(child)
  }

  get status(): ProcessStatus[] {
    return this.#children.map(({ status }) => status)
  }

  /** Ends one process in order and starts it again, also one that waits or failed. */
  restart(name: string) {
    this.#children.find(({ entry }) => entry.name === name)?.restart()
  }

  /** Ends all, the last of the list first. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#report.close()
    for (const child of this.#children.toReversed()) await child.stop()
    this.#folder.giveBack()
  }

  #wasReady(name: string): boolean {
    return this.#children.some(({ entry, wasReady }) => entry.name === name && wasReady)
  }

  #changed() {
    this.#report.now()
    if (this.#stopping) return
    for (const child of this.#waiting) {
      if (!this.#wasReady(child.entry.startAfter ?? '')) continue
      this.#waiting.delete(child)
      child.start()
    }
  }

  #take(name: string, { restart }: Record<string, unknown>) {
    if (name === this.#options.reportTo && typeof restart === 'string' && !this.#stopping) this.restart(restart)
  }

  /** @returns false where it has to be said again */
  #tell(): boolean {
    const child = this.#children.find(({ entry }) => entry.name === this.#options.reportTo)
    if (child?.status.state !== 'running') return true // it is told when it runs
    const { pid } = child.status
    const isNew = pid !== this.#toldPid
    const processes = this.#children.map(({ status, lines }) => (isNew ? status : { ...status, log: lines.untold }))
    if (!child.send({ processes })) return false
    this.#toldPid = pid
    for (const { lines } of this.#children) lines.wereTold()
    return true
  }
}
