import { type ChildProcess, spawn } from 'node:child_process'
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
  environment: Record<string, string | undefined>
}

const LAST_WORDS_MS = 200

/**
 * A running process in a group of its own, so that a signal reaches whatever it has started, and Ctrl-C in a terminal does
 * not reach it before us. Its IPC channel closes when we end, however we end: it takes that as the order to end.
 */
export class Spawned {
  readonly #child: ChildProcess
  #isSending = false
  #hasEnded = false

  constructor({ program, args, environment }: Command, listeners: SpawnedListeners) {
    const { onLine, onMessage, onExit } = listeners
    this.#child = spawn(program, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    const { stdout, stderr } = this.#child
    if (stdout) onLines(stdout, (line) => readLine(line, listeners))
    if (stderr) onLines(stderr, onLine)
    this.#child.on('message', (message) => {
      if (typeof message === 'object' && message !== null) onMessage(message as Record<string, unknown>)
    })
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      if (this.#hasEnded) return
      this.#hasEnded = true
      onExit(code, signal)
    }
    // Its last words come first, which say why; who has left its group and holds its output open is not waited for.
    this.#child.once('exit', (code, signal) => {
      this.kill('SIGKILL') // what it had started and left behind
      const limit = setTimeout(() => end(code, signal), LAST_WORDS_MS)
      this.#child.once('close', () => {
        clearTimeout(limit)
        end(code, signal)
      })
    })
    // Also told where a message cannot be sent, which is no end.
    this.#child.on('error', (error) => {
      if (this.#child.pid !== undefined) return
      onLine(`cannot be started: ${error.message}`)
      end(null, null)
    })
  }

  get pid(): number | null {
    return this.#child.pid ?? null
  }

  /** Signals the whole group; one that is gone is no fault. */
  kill(signal: NodeJS.Signals) {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch {}
  }

  /** @returns whether it was handed on; a process that reads nothing gets nothing, and our memory stays ours */
  send(message: object): boolean {
    if (this.#isSending || this.#hasEnded || !this.#child.connected) return false
    this.#isSending = true
    this.#child.send(message, () => {
      this.#isSending = false
    })
    return true
  }
}

function readLine(line: string, { onLine, onMachineLine }: SpawnedListeners) {
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
