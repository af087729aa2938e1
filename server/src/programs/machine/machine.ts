import type { Log } from '../../logging/levels.ts'
import type { HealthCheck } from '../../observe/health.ts'
import { inWords, type MachineReport, type ProgramsState } from './report.ts'

/** Whether somebody waits for it or not: the check of boxes takes a second of a core, which a server that starts needs. */
const FIRST_LOOK_MS = 20_000
/** A machine that was mended runs programs without a restart: who asks again, has it looked at again. */
const LOOK_AGAIN_MS = 10_000
/** Of what works, a worker that starts tells again no sooner: who begins to write programs does not wait for it each time. */
const GOOD_MS = 3_600_000
/** A worker that others start may be restarted by them: what waits for it, waits so long. */
const ABSENT_MS = 60_000

export interface MachinePorts {
  /** Why there are none at all; null: it depends on the machine. */
  off: string | null
  /** What the worker finds out of its machine. @throws where there is none */
  describe(): Promise<MachineReport>
  /** Whether there is a worker, or one that starts when it is needed. */
  isThere(): boolean
  /** Programs that run at once. */
  atOnce: number
  /** Told that more may be run, or that it is known now that none is. */
  onKnown(): void
  log: Pick<Log, 'info' | 'warn'>
}

/** The machine that programs run on, as its worker told of it. Programs are only run where it found that boxes hold. */
export class Machine {
  readonly #ports: MachinePorts
  #report: MachineReport | null = null
  #at = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | null = null
  #timer: NodeJS.Timeout | undefined
  /** Why nothing can be run, although the settings want it. */
  #fault: string | null = null
  #absentSince: number | null = null
  #isClosing = false

  constructor(ports: MachinePorts) {
    this.#ports = ports
  }

  start() {
    if (this.#ports.off === null) this.#timer = setTimeout(() => void this.#look(), FIRST_LOOK_MS).unref()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  /** From now on nothing is run. @param why for people, with how it is mended */
  failed(why: string) {
    this.#fault = why
  }

  /** A worker has begun: where what an earlier one told is old, or no good, it is asked. */
  workerBegan() {
    const { off } = this.#ports
    this.#absentSince = null
    if (off === null && !(this.#isGood && performance.now() - this.#at < GOOD_MS)) void this.#look()
  }

  /** Whether programs can be run, found out where that is not known. Takes seconds at most the first time. */
  async state(): Promise<ProgramsState> {
    const { off, isThere } = this.#ports
    const isOld = !this.#isGood && performance.now() - this.#at > LOOK_AGAIN_MS
    if (off === null && this.#fault === null && isThere() && isOld) await this.#look()
    const reason = this.reason
    return { available: reason === null, reason, languages: this.#report?.languages ?? [] }
  }

  /** Why none can be run, as far as that is known; null: nothing is known against it. */
  get reason(): string | null {
    const { off, isThere } = this.#ports
    if (off !== null || this.#fault !== null) return off ?? this.#fault
    if (!isThere()) return NOT_CONNECTED
    if (this.#report && !this.#isGood) return `Programs are not run here, because ${inWords(this.#report.failed)}`
    if (this.#report?.languages.length === 0) return NO_LANGUAGE
    return null
  }

  /**
   * How many programs may run now, asked where one waits; `onKnown` is told when that becomes more. One at a time where
   * each is only told that it is not run.
   */
  room(): number {
    const { isThere, atOnce, off } = this.#ports
    if (off === null && this.#fault === null && !isThere()) {
      this.#absentSince ??= performance.now()
      return performance.now() - this.#absentSince > ABSENT_MS ? 1 : 0
    }
    if (this.reason !== null) return 1
    if (this.#isGood) return atOnce
    void this.#look()
    return 0
  }

  get health(): HealthCheck {
    const { off, isThere } = this.#ports
    const check = (level: HealthCheck['level'], text: string): HealthCheck => ({ name: 'programs', level, text })
    if (off !== null) return check('ok', off)
    if (this.#fault === null && !isThere()) {
      this.#absentSince ??= performance.now()
      return check(performance.now() - this.#absentSince > ABSENT_MS ? 'warn' : 'ok', NOT_CONNECTED)
    }
    const { reason } = this
    if (reason !== null) return check('warn', `${reason}; AJAR_PROGRAMS=0 wants none`)
    if (!this.#report) return check('ok', 'this machine is looked at when the first program is run, or a little later')
    const titles = this.#report.languages.map(({ title, version }) => `${title} (${version})`).join(', ')
    const { weak } = this.#report
    const but = weak.length > 0 ? `; but less safely than they might, since ${inWords(weak)}` : ''
    return check(weak.length > 0 ? 'warn' : 'ok', `are run in boxes, which hold: ${titles}${but}`)
  }

  get #isGood(): boolean {
    return this.#report?.failed.length === 0
  }

  /** Never fails: that a worker cannot tell is what is known then. */
  #look(): Promise<void> {
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  async #ask() {
    const { describe, log, onKnown } = this.#ports
    clearTimeout(this.#timer)
    try {
      this.#report = await describe()
    } catch (error) {
      if (this.#isClosing) return
      this.#report = unknown(error as Error)
    }
    this.#at = performance.now()
    const { failed, languages } = this.#report
    if (failed.length > 0) log.warn(`programs are not run here, because ${inWords(failed)}`)
    else log.info(`programs are run in boxes: ${languages.map(({ title }) => title).join(', ')}`)
    onKnown()
  }
}

const NOT_CONNECTED =
  'the worker that runs programs is not connected: start it (`systemctl start ajar-programs`, or node ' +
  'server/src/programs-worker.ts with the same AJAR_PROGRAMS_SOCKET_DIR), or set AJAR_PROGRAMS_WORKER=own'
const NO_LANGUAGE =
  'no programming language is installed that programs could be written in: apt-get install python3 gcc g++ gnat gprbuild'

const unknown = ({ message }: Error): MachineReport => ({
  failed: [{ what: `the worker that runs programs did not tell of its machine (${message})`, mend: 'see its log' }],
  weak: [],
  languages: [],
})
