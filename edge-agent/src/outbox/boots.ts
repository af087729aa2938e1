import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { reasonOf } from '../failure.ts'
import type { Log } from '../log.ts'
import type { ItemFiles } from './files.ts'

const RECORD = 'boots.json'
const REMEMBERED = 8

/** The kernel's id of this boot. Where there is none to read, one that no later process has: nothing outlives it untimed then. */
export function bootId(path = '/proc/sys/kernel/random/boot_id'): string {
  try {
    return readFileSync(path, 'utf8').trim().toLowerCase()
  } catch {
    return randomUUID()
  }
}

/**
 * When this machine's last boots were, as soon as the clock was trusted in them: milliseconds since 1970 UTC of their monotonic zero.
 * On disk before the first item gets its time by it, so that whatever ends the agent in the midst of that, the next one goes on with
 * the same times, also after a reboot.
 */
export class Boots {
  readonly #files: ItemFiles
  readonly #log: Log
  #known: [boot: string, zeroMs: number][] = []

  constructor(files: ItemFiles, log: Log) {
    this.#files = files
    this.#log = log
  }

  async start(): Promise<void> {
    const record = await this.#files.readRecord(RECORD)
    const pairs: unknown[] = Array.isArray(record) ? record : []
    this.#known = pairs.filter(
      (pair): pair is [string, number] =>
        Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number',
    )
  }

  /** Milliseconds since 1970 UTC of the start of a boot; undefined where that is not known. */
  zeroOf(boot: string): number | undefined {
    return this.#known.find(([known]) => known === boot)?.[1]
  }

  /** Never rejects: without its record the times are reckoned anew after a crash, a little differently. */
  async remember(boot: string, zeroMs: number): Promise<void> {
    const others = this.#known.filter(([known]) => known !== boot)
    this.#known = [...others.slice(1 - REMEMBERED), [boot, zeroMs]]
    await this.#files.writeRecord(RECORD, this.#known).catch((error) => {
      this.#log.warn(`when this machine booted cannot be remembered (${reasonOf(error)}): check the disk under dataDir`)
    })
  }
}
