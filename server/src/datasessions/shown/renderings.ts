import { createHash } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InTurn } from '../../in-turn.ts'

/** What all of them may take together, bytes; one that is larger alone has it for itself. */
const MOST_BYTES = 200e6
const MOST_FILES = 20_000

/** Pictures that were made of others to be looked at, as files: those not looked at longest go, and none outlives the process. */
export class Renderings {
  readonly #folder: string
  readonly #mostBytes: number
  /** By key; the one not asked for longest is the first. */
  readonly #kept = new Map<string, number>()
  readonly #making = new Map<string, Promise<string>>()
  readonly #turns = new InTurn(1)
  #bytes = 0

  constructor(folder: string, mostBytes = MOST_BYTES) {
    this.#folder = folder
    this.#mostBytes = mostBytes
  }

  async start() {
    await rm(this.#folder, { recursive: true, force: true })
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
  }

  /** What all of them take. */
  get bytes(): number {
    return this.#bytes
  }

  /** Removes all of them: what they were made of is to be seen by nobody any more. */
  clear(): Promise<void> {
    return this.giveBack(this.#bytes)
  }

  /** Removes as many as take so many bytes, those first that were not looked at longest. */
  async giveBack(bytes: number): Promise<void> {
    const least = this.#bytes - bytes
    for (const [key, size] of [...this.#kept]) {
      if (this.#bytes <= least) return
      if (!this.#kept.delete(key)) continue
      this.#bytes -= size
      await rm(this.#path(key), { force: true })
    }
  }

  /**
   * The path of what `make` writes, which is asked once.
   * @param of names what it is made of and how: another one as soon as that is another
   */
  async get(of: string, make: (path: string) => Promise<void>): Promise<string> {
    const key = createHash('sha256').update(of).digest('hex')
    const bytes = this.#kept.get(key)
    if (bytes !== undefined) {
      this.#kept.delete(key)
      this.#kept.set(key, bytes)
      return this.#path(key)
    }
    const known = this.#making.get(key)
    if (known) return known
    const making = this.#make(key, make).finally(() => this.#making.delete(key))
    this.#making.set(key, making)
    return making
  }

  async #make(key: string, make: (path: string) => Promise<void>): Promise<string> {
    const part = `${this.#path(key)}.part`
    try {
      await make(part)
      const { size } = await stat(part)
      await rename(part, this.#path(key))
      await this.#turns.run(() => this.#keep(key, size))
      return this.#path(key)
    } finally {
      await rm(part, { force: true })
    }
  }

  async #keep(key: string, size: number) {
    this.#kept.set(key, size)
    this.#bytes += size
    for (const [oldest, bytes] of this.#kept) {
      if (oldest === key || (this.#bytes <= this.#mostBytes && this.#kept.size <= MOST_FILES)) break
      this.#kept.delete(oldest)
      this.#bytes -= bytes
      await rm(this.#path(oldest), { force: true }) // whoever reads it has it open
    }
  }

  #path(key: string): string {
    return join(this.#folder, key)
  }
}
