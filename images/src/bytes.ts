import { constants, type FileHandle, open } from 'node:fs/promises'
import { ImageError } from './image.ts'

/** Bytes that are read where they are wanted. */
export interface Bytes {
  /** In bytes; the most there can be where only reading tells. */
  readonly size: number
  /**
   * Fills `into` with what stands from `at` on.
   * @returns how many bytes there were: fewer than `into` takes only at the end
   */
  read(at: number, into: Uint8Array): Promise<number>
  close(): Promise<void>
}

/** A file, or bytes in memory, which are not copied. */
export async function bytesOf(from: string | Uint8Array): Promise<Bytes> {
  if (typeof from !== 'string') return new MemoryBytes(from)
  // A named pipe put where a picture should be would let an open wait for ever.
  const handle = await open(from, constants.O_RDONLY | constants.O_NONBLOCK)
  const stats = await handle.stat().catch(() => undefined)
  if (stats?.isFile()) return new FileBytes(handle, stats.size)
  await handle.close()
  throw new ImageError('not_an_image', 'This is no file.')
}

/** Fills all of `into`. @throws ImageError `truncated` */
export async function readAll(bytes: Bytes, at: number, into: Uint8Array): Promise<void> {
  const count = await bytes.read(at, into)
  if (count < into.length)
    throw new ImageError('truncated', `The file ends ${into.length - count} bytes before its data does.`)
}

class MemoryBytes implements Bytes {
  readonly size: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.size = bytes.length
  }

  async read(at: number, into: Uint8Array) {
    const part = this.#bytes.subarray(Math.min(at, this.size), Math.min(at + into.length, this.size))
    into.set(part)
    return part.length
  }

  async close() {}
}

/** Headers are read a little at a time, and mostly stand at the beginning: that much is read at once. In bytes. */
const HEAD_BYTES = 4 * 2880

class FileBytes implements Bytes {
  readonly size: number
  readonly #handle: FileHandle
  #head: Promise<Uint8Array> | undefined

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle
    this.size = size
  }

  async read(at: number, into: Uint8Array) {
    if (at + into.length > HEAD_BYTES) return this.#read(at, into)
    this.#head ??= this.#readHead()
    const part = (await this.#head).subarray(at, at + into.length)
    into.set(part)
    return part.length
  }

  async #readHead() {
    const head = Buffer.allocUnsafe(HEAD_BYTES)
    return head.subarray(0, await this.#read(0, head))
  }

  async #read(at: number, into: Uint8Array) {
    let count = 0
    // Offsets that no file has are not asked for.
    while (count < into.length && at + count < this.size) {
      const { bytesRead } = await this.#handle.read(into, count, into.length - count, at + count)
      if (bytesRead === 0) break
      count += bytesRead
    }
    return count
  }

  close() {
    return this.#handle.close()
  }
}
