import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Clock, type Entry, type LastExit, type Pause, realClock, Watchdog } from '../src/index.ts'

export const FAULTY = join(import.meta.dirname, 'faulty.ts')

/** A child that does what the words say, see `faulty.ts`. */
export function faulty(name: string, words: string, more: Partial<Entry> = {}): Entry {
  return { name, command: () => ({ program: process.execPath, args: [FAULTY, words] }), ...more }
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ajar-watchdog-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A watchdog over real processes, and all that it said; it ends them when the test does. */
export function kennel(dataDir: string, { clock, reportTo }: { clock?: Clock; reportTo?: string } = {}) {
  const lines: string[] = []
  const machine: Record<string, unknown>[] = []
  const exits: { name: string; exit: LastExit; pause: Pause }[] = []
  const givenUp: string[] = []
  const watchdog = new Watchdog({
    dataDir,
    ...(reportTo === undefined ? {} : { reportTo }),
    onLine: (_, line) => lines.push(line),
    onMachineLine: (_, line) => machine.push(line),
    onExit: (name, exit, pause) => exits.push({ name, exit, pause }),
    onGivenUp: (name) => givenUp.push(name),
    clock: clock ?? realClock,
    random: () => 1,
  })
  onTestFinished(() => watchdog.stop())
  const status = (name: string) => watchdog.status.find((one) => one.name === name)
  return { watchdog, lines, machine, exits, givenUp, status }
}

/** A clock that a test moves; what is due runs then. */
export class TestClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ at: number; run(): void }>()

  now() {
    return this.#now
  }

  setTimer(run: () => void, ms: number) {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  move(ms: number) {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = next.at
      next.run()
    }
    this.#now = end
  }

  /** As after a sleep of the machine: all that was due meanwhile is due now, once. */
  leap(ms: number) {
    this.#now += ms
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)) {
      this.#timers.delete(timer)
      timer.run()
    }
  }
}

/** Waits until there is something; the test's own timeout is the limit. */
export async function until<T>(look: () => T | null | undefined | false): Promise<T> {
  for (;;) {
    const found = look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
