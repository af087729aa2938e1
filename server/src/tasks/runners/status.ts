import { writeSync } from 'node:fs'

/** Longer messages are cut: a launcher keeps them, and people read them. */
const LONGEST_MESSAGE = 10_000

export type Said = { outfile: string } | { error: string }

/** The last words of a task, said once: the separator's line and one of JSON. */
export class Status {
  readonly #fd: number
  readonly #separator: string
  #isSaid = false

  /** @param fd where the launcher reads standard output */
  constructor(fd: number, separator: string) {
    this.#fd = fd
    this.#separator = separator
  }

  get isSaid() {
    return this.#isSaid
  }

  /** Only the first counts. */
  say(said: Said) {
    if (this.#isSaid) return
    this.#isSaid = true
    const cut = 'error' in said ? { error: said.error.slice(0, LONGEST_MESSAGE).toWellFormed() } : said
    writeAll(this.#fd, Buffer.from(`${this.#separator}\n${JSON.stringify(cut)}\n`))
  }
}

/** A pipe takes what there is room for; one that does not block says that there is none. */
export function writeAll(fd: number, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
