import { reasonOf, systemCode } from '../failure.ts'
import { type Log, worthALine } from '../log.ts'
import type { Filed, ItemFiles } from './files.ts'
import type { Room } from './room.ts'
import type { Trouble } from './trouble.ts'

/** So many are kept also where too little of the disk is free, about what is on its way to a server that answers. */
const LIVE_ITEMS = 8

export interface KeepingParts {
  room: Room
  files: ItemFiles
  trouble: Trouble
  log: Log
  /** Drops, and counts, what is to be lost first and that nobody is sending. @returns its bytes, or null where there is none */
  dropOldest: () => Promise<number | null>
}

/** Makes room in the outbox's bounds and on its disk, by dropping old items, and writes new ones. */
export class Keeping {
  readonly #parts: KeepingParts
  #dropped = 0

  constructor(parts: KeepingParts) {
    this.#parts = parts
  }

  /** Whether the items held fit the bounds, after dropping old ones where they did not; the new one has so many bytes. */
  async makeRoom(incomingBytes: number): Promise<boolean> {
    const { room } = this.#parts
    while (room.overBounds) {
      if (room.neverFits(incomingBytes) || !(await this.#drop())) return false
    }
    return true
  }

  /** Whether enough of the disk is free, after dropping old items where it was not. */
  async leaveFree(): Promise<boolean> {
    const { room, trouble } = this.#parts
    // A camera whose server answers needs no room to speak of: it goes on whatever others wrote to the disk.
    while (room.items > LIVE_ITEMS) {
      const why = await room.whyShort()
      trouble.short(why)
      if (why === null) break
      if (await this.#drop()) continue
      trouble.refused(why, 'free some space')
      return false
    }
    return true
  }

  /** Whether the item is on the disk now; where that is full, old ones are dropped. */
  async write(filed: Filed, bytes: Uint8Array): Promise<boolean> {
    const { files, trouble } = this.#parts
    for (;;) {
      try {
        await files.write(filed, bytes)
        trouble.wrote()
        return true
      } catch (error) {
        const full = systemCode(error) === 'ENOSPC' || systemCode(error) === 'EDQUOT'
        if (full && (await this.#drop(bytes.byteLength))) continue
        const advice = full ? 'free some space or lower outbox.maxBytes' : 'check the disk under dataDir'
        trouble.refused(reasonOf(error), advice)
        return false
      }
    }
  }

  /** Drops the items to lose first, of at least `bytes` together; whether it could drop any. */
  async #drop(bytes = 0): Promise<boolean> {
    const { log, dropOldest } = this.#parts
    let freed = 0
    do {
      const dropped = await dropOldest()
      if (dropped === null) return freed > 0
      freed += dropped
      this.#dropped++
      if (worthALine(this.#dropped)) log.warn(`the outbox is full: ${this.#dropped} old items dropped since the start`)
    } while (freed < bytes)
    return true
  }
}
