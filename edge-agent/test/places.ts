import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../src/index.ts'
import type { Log } from '../src/log.ts'

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-agent-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes pictures (any bytes: the agent does not look inside) and returns the folder. */
export async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await temporaryFolder()
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return folder
}

export const quiet: Log = { info: () => {}, warn: () => {} }

/** A log that can be looked at. */
export function notebook(): Log & { lines: string[] } {
  const lines: string[] = []
  return { lines, info: (line) => lines.push(line), warn: (line) => lines.push(line) }
}

/** Waits until something is so; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Time passes only while somebody sleeps. */
export class SleepingClock implements Clock {
  #passed = 0
  #offset: number

  constructor(startsAt = Date.parse('2026-11-21T12:00:00Z')) {
    this.#offset = startsAt
  }

  now(): number {
    return this.#offset + this.#passed
  }

  monotonic(): number {
    return this.#passed
  }

  async sleep(ms: number): Promise<void> {
    this.#passed += ms
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Somebody sets the clock; monotonic time does not notice. */
  set(now: number): void {
    this.#offset = now - this.#passed
  }
}
