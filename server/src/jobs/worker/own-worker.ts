import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

const STOP_LIMIT_MS = 5000
/** What systemd says to the server is not meant for a child of it. */
const SERVER_ONLY = { NOTIFY_SOCKET: undefined, WATCHDOG_USEC: undefined, WATCHDOG_PID: undefined }

/** The worker that a server starts for itself. It ends with the server, whose IPC channel is its lifeline. */
export class OwnWorker {
  readonly #entry: URL
  readonly #environment: Record<string, string>
  #child: ChildProcess | null = null

  /** @param environment added to the server's */
  constructor(entry: URL, environment: Record<string, string>) {
    this.#entry = entry
    this.#environment = environment
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** No effect where it runs. @param onEnd told how it ended */
  start(onEnd: (how: string) => void) {
    if (this.#child) return
    const child = fork(this.#entry, { env: { ...process.env, ...SERVER_ONLY, ...this.#environment }, stdio: 'inherit' })
    this.#child = child
    const ended = (how: string) => {
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
