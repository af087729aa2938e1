import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

const STOP_LIMIT_MS = 5000
/** A worker that said nothing in so many looks hangs: it tells twice a second that it is alive. */
const SILENT_LOOKS = 30
const LOOK_EVERY_MS = 1000
/** What systemd says to the server is not meant for a child of it. */
const SERVER_ONLY = { NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined, WATCHDOG_PID: undefined }

/** How a worker of the server's own is started. */
export interface OwnEntry {
  entry: URL
  /** Added to what it inherits. */
  environment: Record<string, string>
  /** What it has of the server's environment, where secrets stand too; without it, all. */
  inherits?: readonly string[]
}

/** The worker that a server starts for itself. It ends with the server, whose IPC channel is its lifeline. */
export class OwnWorker {
  readonly #own: OwnEntry
  readonly #lookEveryMs: number
  #child: ChildProcess | null = null

  constructor(own: OwnEntry, lookEveryMs = LOOK_EVERY_MS) {
    this.#own = own
    this.#lookEveryMs = lookEveryMs
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** No effect where it runs. @param onEnd told how it ended */
  start(onEnd: (how: string) => void) {
    if (this.#child) return
    const { entry, environment, inherits } = this.#own
    const inherited = inherits ? Object.fromEntries(inherits.map((name) => [name, process.env[name]])) : process.env
    const child = fork(entry, {
      env: { ...inherited, ...SERVER_ONLY, ...environment },
      // Its lines come over the socket; printed here they would stand in the log twice.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    const forgetSilence = killWhenSilent(child, this.#lookEveryMs)
    const ended = (how: string) => {
      forgetSilence()
      if (this.#child !== child) return
      this.#child = null
      onEnd(how)
    }
    child.once('error', (error) => ended(error.message))
    child.once('exit', (code, signal) => ended(String(signal ?? code)))
  }

  kill(signal: 'SIGTERM' | 'SIGKILL') {
    this.#child?.kill(signal)
  }

  /** Ends it, in order where it answers. */
  async close(): Promise<void> {
    const child = this.#child
    if (!child) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(impatient)
  }
}

/**
 * From its first word on: who did not get so far is not waited for long. Looks are counted, not time: where we could not look,
 * its words have not been read yet. @returns what ends it
 */
function killWhenSilent(child: ChildProcess, lookEveryMs: number): () => void {
  let looks: number | null = null
  child.on('message', () => {
    looks = 0
  })
  const timer = setInterval(() => {
    if (looks !== null && ++looks > SILENT_LOOKS) child.kill('SIGKILL')
  }, lookEveryMs)
  return () => clearInterval(timer)
}
