import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { onLines } from './lines.ts'

/** One process, and what a supervisor hears of it. */
export interface SpawnedListeners {
  onLine(line: string): void
  /** A line that is a JSON object is for machines. */
  onMachineLine(line: Record<string, unknown>): void
  onMessage(message: Record<string, unknown>): void
  /** Both null where it could not even be started. */
  onExit(code: number | null, signal: NodeJS.Signals | null): void
}

export interface Command {
  program: string
  args: string[]
}

/** What is asked when it is started. */
export interface Launch {
  command(): Command
  /** Added to ours; `undefined` takes a variable away. */
  environment?(): Record<string, string | undefined>
}

const LAST_WORDS_MS = 200
/** What SIGKILL has not ended by then waits for a disk or a device, and may do so for ever. */
export const KILLED_LIMIT_MS = 10_000

/**
 * A running process in a group of its own, so that a signal reaches whatever it has started, and Ctrl-C in a terminal does
 * not reach it before us. Its IPC channel closes when we end, however we end: it takes that as the order to end.
 * One that cannot be started is one that ended at once.
 */
export class Spawned {
  readonly #listeners: SpawnedListeners
  readonly #child: ChildProcess | null
  #isSending = false
  /** It is gone, but its last words may be on their way. */
  #isGone = false
  #hasEnded = false

  constructor(launch: Launch, listeners: SpawnedListeners) {
    this.#listeners = listeners
    this.#child = this.#open(launch)
    if (this.#child) this.#listen(this.#child)
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Signals the whole group. @returns whether it still ran: the pid of one that is gone may be another's */
  kill(signal: NodeJS.Signals): boolean {
    if (this.#isGone || this.#child?.pid === undefined) return false
    try {
      process.kill(-this.#child.pid, signal)
      return true
    } catch {
      return false
    }
  }

  /** @returns whether it was handed on; a process that reads nothing gets nothing, and our memory stays ours */
  send(message: object): boolean {
    if (this.#isSending || this.#isGone || !this.#child?.connected) return false
    this.#isSending = true
    this.#child.send(message, () => {
      this.#isSending = false
    })
    return true
  }

  /**
   * Hands it a message that must not be lost, and with it a connection, which is not ours any more.
   * @returns false where it has ended
   */
  hand(message: object | string, connection?: Socket): boolean {
    if (this.#isGone || !this.#child?.connected) return false
    this.#child.send(message, connection, () => {}) // of one that ends meanwhile its end is told
    return true
  }

  #open(launch: Launch): ChildProcess | null {
    try {
      const { program, args } = launch.command()
      return spawn(program, args, {
        env: { ...process.env, ...launch.environment?.() },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true,
      })
    } catch (error) {
      // Too large an environment, no memory: told as any other end, when whoever made us has heard of us.
      process.nextTick(() => this.#couldNotStart(error as Error))
      return null
    }
  }

  #listen(child: ChildProcess) {
    const { stdout, stderr } = child
    const { onLine, onMachineLine, onMessage } = this.#listeners
    const unlessEnded = (take: (line: string) => void) => (line: string) => void (this.#hasEnded || take(line))
    if (stdout)
      onLines(
        stdout,
        unlessEnded((line) => readLine(line, onLine, onMachineLine)),
      )
    if (stderr) onLines(stderr, unlessEnded(onLine))
    child.on('message', (message) => {
      if (!this.#isGone && typeof message === 'object' && message !== null)
        onMessage(message as Record<string, unknown>)
    })
    // Its last words come first, which say why; who has left its group and holds its output open is not waited for.
    child.once('exit', (code, signal) => {
      this.kill('SIGKILL') // what it had started and left behind
      this.#isGone = true
      const limit = setTimeout(() => this.#end(code, signal), LAST_WORDS_MS)
      child.once('close', () => {
        clearTimeout(limit)
        this.#end(code, signal)
      })
    })
    // Also told where a message cannot be sent, which is no end.
    child.on('error', (error) => child.pid === undefined && this.#couldNotStart(error))
  }

  #couldNotStart(error: Error) {
    this.#listeners.onLine(`cannot be started: ${error.message}`)
    this.#end(null, null)
  }

  #end(code: number | null, signal: NodeJS.Signals | null) {
    if (this.#hasEnded) return
    this.#isGone = true
    this.#hasEnded = true
    this.#listeners.onExit(code, signal)
  }
}

function readLine(line: string, onLine: SpawnedListeners['onLine'], onMachineLine: SpawnedListeners['onMachineLine']) {
  const machine = line.startsWith('{') ? parsed(line) : null
  if (machine) onMachineLine(machine)
  else onLine(line)
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
