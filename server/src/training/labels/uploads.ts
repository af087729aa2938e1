import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { bodyToFile, STALL_MS } from '../../http/body-to-file.ts'
import { conflict, HttpError } from '../../http/errors.ts'

export interface UploadsOptions {
  /** Where uploads lie; made when missing. */
  folder: string
  /** What one may have, in bytes. */
  mostBytes: number
  /** What may still be written, so that frames find room: bytes. */
  room(): Promise<number>
  /** Names of uploads that somebody still needs. */
  needed(): Promise<string[]>
  /** So long nothing may come of an upload, milliseconds. */
  stallMs?: number
}

const MOST_AT_ONCE = 4
/** What is in it is stored beside it. */
const COPIES = 2

/** Files that people send to be worked on later. One that did not come whole leaves nothing behind. */
export class Uploads {
  readonly #options: Required<UploadsOptions>
  /** Who sends now, and what. */
  readonly #open = new Map<string, string>()

  constructor(options: UploadsOptions) {
    this.#options = { stallMs: STALL_MS, ...options }
  }

  /** Clears what an earlier run left that nobody needs. */
  async start() {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 })
    await this.sweep()
  }

  pathOf(name: string): string {
    return join(this.#options.folder, name)
  }

  /** Removes what nobody needs any more. */
  async sweep() {
    const all = await readdir(this.#options.folder)
    const open = new Set([...this.#open.values()].flatMap((name) => [name, partOf(name)]))
    const needed = new Set(await this.#options.needed()) // asked for after the look: a new upload is in neither
    for (const name of all)
      if (!needed.has(name) && !open.has(name)) await rm(this.pathOf(name), { recursive: true, force: true })
  }

  /**
   * Takes an upload in, durably, and has something made of it; if that fails, it is gone again.
   * @param length what is announced, in bytes, if anything is
   * @param use is told its name and the sha256 of its bytes
   * @param extension of its name
   * @throws HttpError 409 `upload_runs`, 503 `busy`, 413 `too_large`, 507 `disk_full`, 408 `stalled`, 400 `cut_off`
   */
  async take<T>(
    caller: string,
    body: Readable,
    length: number | null,
    use: (name: string, sha256: string) => Promise<T>,
    extension = 'zip',
  ): Promise<T> {
    if (this.#open.has(caller)) throw conflict('upload_runs', 'another upload of yours is on its way: wait for its end')
    if (this.#open.size >= MOST_AT_ONCE)
      throw new HttpError(503, 'busy', `${MOST_AT_ONCE} uploads are on their way: send yours later`)
    const name = `${randomUUID()}.${extension}`
    this.#open.set(caller, name)
    try {
      await this.#checkLength(length)
      const sha256 = await this.#write(body, partOf(name))
      await rename(this.pathOf(partOf(name)), this.pathOf(name))
      return await use(name, sha256)
    } catch (error) {
      for (const path of [partOf(name), name]) await rm(this.pathOf(path), { force: true })
      throw error
    } finally {
      this.#open.delete(caller)
    }
  }

  async #checkLength(length: number | null) {
    if (length !== null && length > this.#options.mostBytes) throw this.#tooLarge()
    if ((length ?? 0) * COPIES > (await this.#options.room())) throw diskFull()
  }

  async #write(body: Readable, name: string): Promise<string> {
    const { mostBytes, room, stallMs } = this.#options
    const hash = createHash('sha256')
    await bodyToFile(body, this.pathOf(name), {
      ...{ mostBytes, room, stallMs, diskFull },
      tooLarge: () => this.#tooLarge(),
      look: (chunk) => hash.update(chunk),
    })
    return hash.digest('hex')
  }

  #tooLarge(): HttpError {
    const { mostBytes } = this.#options
    return new HttpError(413, 'too_large', `more than ${mostBytes} bytes (AJAR_MAX_IMPORT_BYTES): send it in parts`)
  }
}

/** What an upload is called until it is whole. */
function partOf(name: string): string {
  return `${name}.part`
}

function diskFull(): HttpError {
  return new HttpError(507, 'disk_full', 'the disk has no room for it and what is in it: make room, then send it again')
}
