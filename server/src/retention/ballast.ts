import { randomBytes } from 'node:crypto'
import { open, rm, stat } from 'node:fs/promises'

const CHUNK_BYTES = 1024 * 1024

/** A file that only takes room: given up where the disk is full, it leaves enough for rows to be written and frames to go. */
export class Ballast {
  readonly #path: string
  readonly #bytes: number

  constructor(path: string, bytes: number) {
    this.#path = path
    this.#bytes = bytes
  }

  /** Bytes that it takes now. */
  async size(): Promise<number> {
    const found = await stat(this.#path).catch(() => null) // also where it cannot be looked at, there is none to give up
    return found?.size ?? 0
  }

  async giveUp(): Promise<void> {
    await rm(this.#path, { force: true })
  }

  /** Takes its room again; where the disk refuses, it takes none. */
  async takeRoom(): Promise<void> {
    if ((await this.size()) >= this.#bytes) return
    try {
      const file = await open(this.#path, 'w')
      try {
        // Written, and nothing that can be left out: a hole takes no room, and zeros may take none.
        const chunk = randomBytes(CHUNK_BYTES)
        for (let left = this.#bytes; left > 0; left -= CHUNK_BYTES) await file.writeFile(chunk.subarray(0, left))
      } finally {
        await file.close()
      }
    } catch (error) {
      await this.giveUp()
      throw error
    }
  }
}
