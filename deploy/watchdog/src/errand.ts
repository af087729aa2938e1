import type { Socket } from 'node:net'
import type { BackOff, Pause } from './back-off.ts'
import type { Clock } from './clock.ts'
import type { PidFile } from './pid-file.ts'
import { type Launch, Spawned } from './spawned.ts'
import type { LastExit } from './status.ts'

/** A process that runs only while there is work for it. */
export interface ErrandEntry extends Launch {
  name: string
  /** First arguments of what an earlier watchdog may have run by this name. */
  scripts: string[]
  /** It ends within this when it is asked to. */
  stopLimitMs: number
  /** What it tells or asks. */
  onMessage(message: Record<string, unknown>): void
}

export interface ErrandPorts {
  clock: Clock
  backOff: BackOff
  pidFile: PidFile
  onLine(line: string): void
  /** It ended although its work is not done, and is started again after the pause. */
  onExit(exit: LastExit, pause: Pause): void
}

interface Handed {
  message: object | string
  connection: Socket
}

/**
 * Starts a process when there is work for it. It ends by itself, with code 0 when its work is done; after any other end it
 * is started again, for what it had begun has to be finished. Nobody hears whether it is alive: its steps have limits.
 *
 * So that no work is lost with one that just ends, it asks first, by `{done: N}`: N messages with a connection reached it.
 * `{end: true}` is the answer where there were no more.
 */
export class Errand {
  readonly #entry: ErrandEntry
  readonly #ports: ErrandPorts
  #spawned: Spawned | null = null
  /** What came while none ran that could take it. */
  #waiting: Handed[] = []
  /** How many it was handed. */
  #handed = 0
  #mayEnd = false
  #isStopped = false
  #cancelPause: (() => void) | null = null
  #ended = Promise.withResolvers<void>()

  constructor(entry: ErrandEntry, ports: ErrandPorts) {
    this.#entry = entry
    this.#ports = ports
  }

  get pid(): number | null {
    return this.#spawned?.pid ?? null
  }

  /** Has it run, unless it does; one that waits for its next start is started at once. */
  run() {
    if (this.#isStopped || this.#spawned) return
    this.#cancelPause?.()
    this.#cancelPause = null
    this.#mayEnd = false
    this.#handed = 0
    this.#ended = Promise.withResolvers<void>()
    this.#spawned = new Spawned(this.#entry, {
      onLine: this.#ports.onLine,
      onMachineLine: () => {},
      onMessage: (message) => this.#take(message),
      onExit: (code, signal) => this.#hasEnded(code, signal),
    })
    if (this.pid !== null) this.#ports.pidFile.write(this.pid)
    for (const { message, connection } of this.#waiting.splice(0)) this.work(message, connection)
  }

  /** Hands it a connection, and starts it for that where it does not run. */
  work(message: object | string, connection: Socket) {
    if (this.#isStopped) return void connection.destroy()
    if (!this.#mayEnd && this.#spawned?.hand(message, connection)) this.#handed += 1
    else this.#waiting.push({ message, connection })
    this.run()
  }

  /** @returns false where it does not run */
  send(message: object): boolean {
    return this.#spawned?.hand(message) ?? false
  }

  /** Ends it in order, or by force where that takes too long. */
  async stop() {
    this.#isStopped = true
    this.#cancelPause?.()
    for (const { connection } of this.#waiting.splice(0)) connection.destroy()
    if (!this.#spawned) return
    const cancel = this.#ports.clock.setTimer(() => this.#spawned?.kill('SIGKILL'), this.#entry.stopLimitMs)
    this.#spawned.kill('SIGTERM')
    await this.#ended.promise
    cancel()
  }

  #take(message: Record<string, unknown>) {
    if (!('done' in message)) return this.#entry.onMessage(message)
    if (message.done !== this.#handed) return // more is on its way to it
    this.#mayEnd = true
    this.send({ end: true })
  }

  #hasEnded(code: number | null, signal: NodeJS.Signals | null) {
    this.#spawned = null
    this.#ports.pidFile.remove()
    this.#ended.resolve()
    if (this.#isStopped) return
    if (code === 0) {
      this.#ports.backOff.reset()
      if (this.#waiting.length > 0) this.run()
      return
    }
    const pause = this.#ports.backOff.afterExit(this.#ports.clock.now())
    this.#ports.onExit({ code, signal, why: 'exit', atMs: Date.now() }, pause)
    this.#cancelPause = this.#ports.clock.setTimer(() => this.run(), pause.ms)
  }
}
