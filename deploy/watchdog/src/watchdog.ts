import { BackOff, type Pause } from './back-off.ts'
import { Child, type Entry, STOP_LIMIT_MS } from './child.ts'
import { type Clock, realClock } from './clock.ts'
import { Errand, type ErrandEntry } from './errand.ts'
import type { LastLines } from './last-lines.ts'
import { Report } from './report.ts'
import { endEarlier, RunFolder } from './run-folder.ts'
import type { LastExit, Liveness, ProcessStatus } from './status.ts'

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
  readonly #errands: Errand[] = []
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
    const { name, startAfter, otherScripts = [], stopLimitMs = STOP_LIMIT_MS } = entry
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
    await this.#endEarlier(name, [...scriptOf(entry), ...otherScripts], stopLimitMs)
    if (this.#stopping) return
    if (startAfter === undefined || this.#wasReady(startAfter)) child.start()
    else this.#waiting.add(child)
  }

  /** A process that runs only while there is work; it is none of those that are told of. */
  async addErrand(entry: ErrandEntry): Promise<Errand> {
    const { random, onLine, onExit } = this.#options
    const { name, scripts, stopLimitMs } = entry
    const errand = new Errand(entry, {
      clock: this.#clock,
      backOff: new BackOff(random),
      pidFile: this.#folder.pidFile(name),
      onLine: (line) => onLine(name, line),
      onExit: (exit, pause) => onExit(name, exit, pause),
    })
    this.#errands.push(errand)
    await this.#endEarlier(name, scripts, stopLimitMs)
    return errand
  }

  get status(): ProcessStatus[] {
    return this.#children.map(({ status }) => status)
  }

  /** null where there is no process of that name */
  liveness(name: string): Liveness | null {
    return this.#child(name)?.liveness ?? null
  }

  /** What a process printed for people, as `LastLines.printed` says. */
  printed(name: string, span: Parameters<LastLines['printed']>[0]): string[] {
    return this.#child(name)?.lines.printed(span) ?? []
  }

  /** Ends one process, in order or by force, and starts it again, also one that waits or failed. */
  restart(name: string, options: { force?: boolean } = {}) {
    this.#child(name)?.restart(options)
  }

  /** Ends all: first what has others restarted, then the last of the list before the first. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#report.close()
    await Promise.all(this.#errands.map((errand) => errand.stop()))
    for (const child of this.#children.toReversed()) await child.stop()
    this.#folder.giveBack()
  }

  #child(name: string): Child | undefined {
    return this.#children.find(({ entry }) => entry.name === name)
  }

  #endEarlier(name: string, scripts: string[], limitMs: number): Promise<void> {
    return endEarlier(this.#folder.pidFile(name), {
      scripts,
      clock: this.#clock,
      limitMs,
      onFound: (pid) =>
        this.#options.onLine(name, `an earlier ${name} (process ${pid}) is still there and is ended first`),
    })
  }

  #wasReady(name: string): boolean {
    return this.#child(name)?.wasReady ?? false
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
    const child = this.#child(this.#options.reportTo ?? '')
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

/** What it would run now, as its command line shows it. One that cannot be started tells so when it is. */
function scriptOf({ command }: Entry): string[] {
  try {
    const { program, args } = command()
    return [args[0] ?? program]
  } catch {
    return []
  }
}
