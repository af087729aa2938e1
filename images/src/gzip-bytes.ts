import { pipeline, Readable } from 'node:stream'
import { createGunzip, type Gunzip } from 'node:zlib'
import type { Bytes } from './bytes.ts'
import { ImageError } from './image.ts'

const PIECE = 1 << 18

/** Deflate makes at most 1,032 bytes of one. */
const MOST_GROWTH = 1032

/**
 * What a gzip file holds, unpacked as far as it is read and never kept: who reads backwards has it unpacked from its
 * beginning again.
 */
export class GzipBytes implements Bytes {
  readonly size: number
  readonly #packed: Bytes
  #stream: Gunzip | undefined
  #pieces: AsyncIterator<Buffer> | undefined
  /** Unpacked and not read yet; where it stands in what is unpacked. */
  #piece: Buffer = Buffer.alloc(0)
  #at = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(packed: Bytes) {
    this.#packed = packed
    this.size = packed.size * MOST_GROWTH
  }

  /** One after the other: there is one stream. */
  read(at: number, into: Uint8Array) {
    const reading = this.#last.then(() => this.#read(at, into))
    this.#last = reading.catch(() => {})
    return reading
  }

  async #read(at: number, into: Uint8Array) {
    if (!this.#pieces || at < this.#at) this.#begin()
    let count = 0
    while (count < into.length) {
      const from = at + count - this.#at
      if (from < this.#piece.length) {
        const part = this.#piece.subarray(from, from + into.length - count)
        into.set(part, count)
        count += part.length
      } else if (!(await this.#next())) break
    }
    return count
  }

  #begin() {
    this.#end()
    const stream = createGunzip({ chunkSize: PIECE })
    this.#stream = stream
    this.#pieces = stream[Symbol.asyncIterator]()
    this.#piece = Buffer.alloc(0)
    this.#at = 0
    // What goes wrong is told to whoever reads.
    pipeline(Readable.from(this.#packedPieces()), stream, () => {})
  }

  async *#packedPieces() {
    for (let at = 0; at < this.#packed.size; ) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, this.#packed.size - at))
      const count = await this.#packed.read(at, piece)
      if (count === 0) break
      at += count
      yield piece.subarray(0, count)
    }
  }

  async #next(): Promise<boolean> {
    try {
      const { value, done } = await (this.#pieces as AsyncIterator<Buffer>).next()
      this.#at += this.#piece.length
      this.#piece = done ? Buffer.alloc(0) : value
      return !done
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code?.startsWith('Z_'))
        throw new ImageError('truncated', 'The gzip file is damaged or ends early.')
      throw error
    }
  }

  #end() {
    this.#stream?.destroy()
    this.#pieces = undefined
  }

  async close() {
    this.#end()
    await this.#packed.close()
  }
}
