import type { TaskProcess } from './task-process.ts'

/** Memory is given back when nothing of that kind is to be done. */
const IDLE_MS = 20_000

/** The process that has done its task and can do the next one of its name: one at most, and not for long. */
export class SpareProcess {
  readonly #idleMs: number
  #process: TaskProcess | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs
  }

  /** @returns one that does such tasks, which is the caller's now; null where there is none */
  take(task: string): TaskProcess | null {
    const process = this.#process
    if (process?.task !== task) return null
    this.#process = null
    clearTimeout(this.#timer)
    return process.isGone ? null : process
  }

  /** Keeps one that has nothing to do, in place of the one before. */
  keep(process: TaskProcess) {
    this.end()
    if (process.isGone) return
    this.#process = process
    this.#timer = setTimeout(() => this.end(), this.#idleMs)
  }

  end() {
    clearTimeout(this.#timer)
    this.#process?.kill()
    this.#process = null
  }
}
