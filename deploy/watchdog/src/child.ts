import { type BackOff, type Pause, STABLE_MS } from './back-off.ts'
import type { Clock } from './clock.ts'
import { LastLines } from './last-lines.ts'
import type { PidFile } from './pid-file.ts'
import { type Command, KILLED_LIMIT_MS, Spawned } from './spawned.ts'
import type { Failure, LastExit, Liveness, ProcessState, ProcessStatus } from './status.ts'

/** One process of the list. */
export interface Entry {
  name: string
  /** Asked at each start: what runs may be another release by then. */
  command(): Command
  /** First arguments of what else an earlier watchdog may have run by this name: that is ended first as well. */
  otherScripts?: string[]
  /** Added to ours, asked at each start; `undefined` takes a variable away. */
  environment?(): Record<string, string | undefined>
  /** It says that it is ready within this. */
  readyLimitMs?: number
  /** It ends within this when it is asked to. */
  stopLimitMs?: number
  /** Starts once this one of the list was ready. */
  startAfter?: string
  /** Where the first start ends by itself, the reason is not one that a second start mends: it is not tried again. */
  firstStartMustSucceed?: boolean
}

export interface ChildPorts {
  clock: Clock
  backOff: BackOff
  pidFile: PidFile
  onLine(line: string): void
  onMachineLine(line: Record<string, unknown>): void
  onMessage(message: Record<string, unknown>): void
  /** State, pid or exit are others now. */
  onChange(): void
  /** It ended although it is wanted, and is started again after the pause. */
  onExit(exit: LastExit, pause: Pause): void
  /** The first start failed, and there is no second one. */
  onGivenUp(exit: LastExit): void
}

type Timer = 'ready' | 'silence' | 'stable' | 'kill' | 'stuck' | 'pause'

const READY_LIMIT_MS = 60_000
export const STOP_LIMIT_MS = 20_000
/** Silence for so long is a hang: before the first word, while it starts, and when it runs. */
const SILENCE_MS = { first: 60_000, starting: 10_000, running: 2_000 }
const LOOK_EVERY_MS = 100

/** Keeps one process running: notices that it ended or hangs, and starts it again. */
export class Child {
  readonly entry: Entry
  readonly lines = new LastLines()
  readonly #ports: ChildPorts
  #spawned: Spawned | null = null
  #state: ProcessState = 'stopped'
  #startedAtMs: number | null = null
  #starts = 0
  #crashes = 0
  #wasReady = false
  #lastExit: LastExit | null = null
  #lastFailure: Failure | null = null
  /** It failed, and nobody had it restarted since. */
  #failsByItself = false
  /** Why we kill it, until it has ended. */
  #reason: LastExit['why'] = 'exit'
  #wanted = false
  /** `pause` runs only while no process does, the others only while one does. */
  readonly #timers = new Map<Timer, () => void>()
  /** Milliseconds since it was last heard of. */
  #silentMs = 0
  #silenceLimitMs = SILENCE_MS.first
  /** An end in order is under way, and resolves when it is done. */
  #ending: PromiseWithResolvers<void> | null = null

  constructor(entry: Entry, ports: ChildPorts) {
    this.entry = entry
    this.#ports = ports
  }

  get status(): ProcessStatus {
    return {
      name: this.entry.name,
      pid: this.#spawned?.pid ?? null,
      startedAtMs: this.#startedAtMs,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
      state: this.#state,
      lastFailure: this.#lastFailure,
      log: this.lines.all,
    }
  }

  get liveness(): Liveness {
    return { pid: this.#spawned?.pid ?? null, crashes: this.#crashes, state: this.#stateNow }
  }

  get #stateNow(): Liveness['state'] {
    if (this.#ending) return 'stopping'
    if (this.#state === 'backoff') return 'starting'
    // What is started now may be another program than the one that failed.
    return this.#state === 'failed' && !this.#failsByItself ? 'starting' : this.#state
  }

  get #restarts(): number {
    return Math.max(0, this.#starts - 1)
  }

  /** Whether it has been ready at least once. */
  get wasReady(): boolean {
    return this.#wasReady
  }

  send(message: object): boolean {
    return this.#spawned?.send(message) ?? false
  }

  start() {
    this.#wanted = true
    this.#spawn()
  }

  /** Ends it in order, or by force where that takes too long. */
  async stop() {
    this.#wanted = false
    this.#clear('pause')
    if (this.#spawned) await this.#end()
    this.#state = 'stopped'
    this.#ports.onChange()
  }

  /**
   * Somebody wants a new one: also one that failed, or waits, is started at once.
   * @param force does not wait for an end in order, also for one that is under way
   */
  restart({ force = false }: { force?: boolean } = {}) {
    if (!this.#wanted) return
    this.#ports.backOff.reset()
    this.#failsByItself = false
    this.#crashes = 0
    if (!this.#spawned) return this.#spawn()
    if (!this.#ending) void this.#end()
    if (force) this.#forceEnd()
  }

  #spawn() {
    this.#clear('pause')
    this.#starts += 1
    this.#reason = 'exit'
    // One that failed is called so until it runs.
    if (this.#state !== 'failed') this.#state = 'starting'
    this.#startedAtMs = Date.now()
    const { readyLimitMs = READY_LIMIT_MS } = this.entry
    const spawned = new Spawned(this.entry, {
      onLine: (line) => this.#keep(line, this.#spawned?.pid),
      onMachineLine: this.#ports.onMachineLine,
      onMessage: (message) => this.#take(message),
      onExit: (code, signal) => this.#ended(code, signal),
    })
    this.#spawned = spawned
    if (spawned.pid !== null) this.#ports.pidFile.write(spawned.pid)
    this.#set('ready', () => this.#kill('start_timeout'), readyLimitMs)
    this.#heard('first')
    this.#lookForSilence(this.#ports.clock.now())
    this.#ports.onChange()
  }

  #take(message: Record<string, unknown>) {
    if (message.ready === true)
      this.#reason === 'exit' && this.#isReady() // one that we end does not run any more
    else if (message.heartbeat === true) this.#heard(this.#timers.has('ready') ? 'starting' : 'running')
    else if (message.stopping !== true) this.#ports.onMessage(message)
  }

  #isReady() {
    this.#clear('ready')
    if (this.#lastFailure?.toMs === null)
      this.#lastFailure = { ...this.#lastFailure, toMs: Date.now(), restarts: this.#restarts }
    this.#state = 'running'
    this.#wasReady = true
    this.#heard('running')
    this.#set('stable', () => this.#ports.backOff.reset(), STABLE_MS)
    this.#ports.onChange()
  }

  #heard(phase: keyof typeof SILENCE_MS) {
    this.#silentMs = 0
    this.#silenceLimitMs = SILENCE_MS[phase]
  }

  /**
   * Silence is counted in looks of ours: where we could not look, for the machine was busy or slept, what it said has not
   * been read yet.
   */
  #lookForSilence(lookedAt: number) {
    const look = () => {
      const now = this.#ports.clock.now()
      this.#silentMs += Math.min(now - lookedAt, 2 * LOOK_EVERY_MS)
      if (this.#silentMs >= this.#silenceLimitMs) this.#kill('hang')
      else this.#lookForSilence(now)
    }
    this.#set('silence', look, LOOK_EVERY_MS)
  }

  #kill(why: LastExit['why']) {
    this.#clear('silence')
    this.#clear('ready')
    if (this.#forceEnd()) this.#reason = why
  }

  /** @returns whether it still ran */
  #forceEnd(): boolean {
    this.#set('stuck', () => this.#isStuck(), KILLED_LIMIT_MS)
    return this.#spawned?.kill('SIGKILL') ?? false
  }

  /** Nothing else can be done: a second one beside it would use the same files. It is waited for. */
  #isStuck() {
    this.#keep('does not end although it was killed: it waits for a disk or a device')
    this.#hasFailed()
    this.#ports.onChange()
    this.#ending?.resolve()
  }

  #hasFailed() {
    this.#state = 'failed'
    this.#failsByItself = true
    if (this.#lastFailure?.toMs !== null)
      this.#lastFailure = { fromMs: Date.now(), toMs: null, restarts: this.#restarts }
  }

  /** Resolves when it has ended, or cannot be. Asked once, however many want it. */
  #end(): Promise<void> {
    if (this.#ending) return this.#ending.promise
    this.#ending = Promise.withResolvers<void>()
    this.#reason = 'asked'
    this.#clear('silence') // an end in order may take all of the loop's time
    this.#clear('ready')
    this.#set('kill', () => this.#forceEnd(), this.entry.stopLimitMs ?? STOP_LIMIT_MS)
    this.#spawned?.kill('SIGTERM')
    return this.#ending.promise
  }

  #ended(code: number | null, signal: NodeJS.Signals | null) {
    for (const timer of [...this.#timers.keys()]) this.#clear(timer)
    const exit: LastExit = { code, signal, why: this.#reason, atMs: Date.now() }
    this.#lastExit = exit
    this.#spawned = null
    this.#startedAtMs = null
    this.#ports.pidFile.remove()
    this.#ending?.resolve()
    this.#ending = null
    if (!this.#wanted) return
    if (exit.why === 'asked') {
      this.#ports.onExit(exit, { ms: 0, isFailed: false })
      return this.#spawn()
    }
    this.#crashes += 1
    if (this.entry.firstStartMustSucceed && !this.#wasReady && code !== null) return this.#giveUp(exit)
    this.#startAfterPause(exit)
  }

  #startAfterPause(exit: LastExit) {
    const wasSlowStart = this.#state !== 'running' && exit.why !== 'exit'
    const pause = this.#ports.backOff.afterExit(this.#ports.clock.now(), wasSlowStart)
    if (pause.isFailed) this.#hasFailed()
    else this.#state = 'backoff'
    this.#ports.onExit(exit, pause)
    if (pause.ms === 0) return this.#spawn()
    this.#set('pause', () => this.#spawn(), pause.ms)
    this.#ports.onChange()
  }

  #giveUp(exit: LastExit) {
    this.#wanted = false
    this.#state = 'failed'
    this.#ports.onChange()
    this.#ports.onGivenUp(exit)
  }

  #keep(line: string, pid: number | null = null) {
    this.lines.add(line, pid)
    this.#ports.onLine(line)
  }

  #set(timer: Timer, run: () => void, ms: number) {
    this.#clear(timer)
    this.#timers.set(timer, this.#ports.clock.setTimer(run, ms))
  }

  #clear(timer: Timer) {
    this.#timers.get(timer)?.()
    this.#timers.delete(timer)
  }
}
