/** A packet that must not reach the parser; the connection is to be closed. */
export class PacketError extends Error {
  readonly code: 'packet_too_large' | 'protocol_error' | 'protocol_version'

  constructor(code: PacketError['code'], message: string) {
    super(message)
    this.name = 'PacketError'
    this.code = code
  }
}

/** One complete MQTT packet. */
export interface RawPacket {
  /** Fixed header and body, alone in their ArrayBuffer where the packet is a PUBLISH. */
  bytes: Buffer
  /** The packet's type, 1 (CONNECT) to 14 (DISCONNECT). */
  type: number
  /** Where the body begins, after the fixed header. */
  bodyAt: number
}

export const CONNECT = 1
export const PUBLISH = 3

const LENGTH_BYTES = 4
const EMPTY = Buffer.alloc(0)

/**
 * Cuts the bytes of one connection into packets. The length in the fixed header is judged before a byte of the body is kept,
 * since aedes' parser buffers whatever it is sent. The bytes of a packet are copied once, to where they stay.
 */
export class PacketReader {
  /** Bytes of the largest packet that is let through; changes when the connection is admitted. */
  limit: number
  #chunk: Buffer = EMPTY
  #at = 0
  readonly #ownsChunks: boolean
  readonly #header: number[] = []
  #packet: RawPacket | null = null
  #filled = 0
  #greeted = false

  /** `ownsChunks`: nobody else looks at the memory of the chunks, so that it may be given back. */
  constructor(limit: number, ownsChunks = false) {
    this.limit = limit
    this.#ownsChunks = ownsChunks
  }

  /** Takes the next bytes of the stream; only after `next` has returned null. */
  append(chunk: Buffer): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /** The next complete packet, or null until more bytes are appended. Throws PacketError. */
  next(): RawPacket | null {
    const packet = this.#take()
    if (packet === null) this.#releaseChunk()
    return packet
  }

  #take(): RawPacket | null {
    if (this.#packet === null) this.#packet = this.#begin()
    if (this.#packet === null) return null
    const { bytes } = this.#packet
    const copied = this.#chunk.copy(bytes, this.#filled, this.#at)
    this.#filled += copied
    this.#at += copied
    if (this.#filled < bytes.length) return null
    const packet = this.#packet
    this.#packet = null
    return packet
  }

  /** Reads the fixed header, which may come one byte at a time, and makes room for the packet. */
  #begin(): RawPacket | null {
    for (;;) {
      const byte = this.#chunk[this.#at]
      if (byte === undefined) return null
      this.#at += 1
      this.#header.push(byte)
      if (this.#header.length === 1) continue
      if (byte < 0x80) break
      if (this.#header.length > LENGTH_BYTES) {
        throw new PacketError('protocol_error', 'the remaining length of a packet is longer than four bytes')
      }
    }
    const header = this.#header.splice(0)
    const bodyAt = header.length
    const size = bodyAt + header.slice(1).reduce((sum, byte, i) => sum + (byte & 0x7f) * 0x80 ** i, 0)
    if (size > this.limit) {
      throw new PacketError('packet_too_large', `a packet of ${size} bytes came where ${this.limit} are allowed`)
    }
    const type = (header[0] ?? 0) >> 4
    if (!this.#greeted && type !== CONNECT) throw new PacketError('protocol_error', 'the first packet is not CONNECT')
    this.#greeted = true
    // A frame outlives its connection's other packets, so it does not share memory with them.
    const bytes = type === PUBLISH ? Buffer.allocUnsafeSlow(size) : Buffer.allocUnsafe(size)
    bytes.set(header)
    this.#filled = bodyAt
    return { bytes, type, bodyAt }
  }

  /**
   * Gives the memory of a spent chunk back at once. A socket allocates every chunk anew, and 64 MB of them outside V8's heap,
   * which is 280 frames of 100 kB, start a mark-compact of the whole heap: half of all processor time before this was here.
   */
  #releaseChunk(): void {
    const { buffer, byteLength } = this.#chunk
    // A small chunk can lie in memory that Node shares among buffers.
    if (this.#ownsChunks && byteLength > 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) {
      buffer.transfer(0)
    }
    this.#chunk = EMPTY
    this.#at = 0
  }
}
