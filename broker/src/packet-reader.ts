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
/** A packet that announces more gets its room as its bytes arrive: a header alone shall not cost 2 MB. */
const FIRST_BYTES = 256 * 1024
const EMPTY = Buffer.alloc(0)

/** A fixed header that is complete. */
interface Header {
  bytes: number[]
  type: number
  /** Bytes of the whole packet. */
  size: number
}

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
  readonly #headerBytes: number[] = []
  #header: Header | null = null
  #packet: RawPacket | null = null
  /** Of the packet, how much it announces and how much is here. */
  #size = 0
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

  /** The type of the next packet, where its header is here and nothing of its body is kept yet; else null. Throws PacketError. */
  upcoming(): number | null {
    if (this.#packet !== null) return null
    this.#header ??= this.#readHeader()
    return this.#header?.type ?? null
  }

  /** Bytes of memory that the packet being received takes. */
  get heldBytes(): number {
    return this.#packet?.bytes.length ?? 0
  }

  /** Whether a packet has begun and not ended. */
  get isMidPacket(): boolean {
    return this.#packet !== null || this.#header !== null || this.#headerBytes.length > 0
  }

  /** The next complete packet, or null until more bytes are appended. Throws PacketError. */
  next(): RawPacket | null {
    const packet = this.#take()
    if (packet === null) this.#releaseChunk()
    return packet
  }

  #take(): RawPacket | null {
    if (this.upcoming() !== null) this.#begin()
    const packet = this.#packet
    if (packet === null) return null
    this.#makeRoom(packet)
    const copied = this.#chunk.copy(packet.bytes, this.#filled, this.#at)
    this.#filled += copied
    this.#at += copied
    if (this.#filled < this.#size) return null
    this.#packet = null
    return packet
  }

  /** Reads the fixed header, which may come one byte at a time. */
  #readHeader(): Header | null {
    for (;;) {
      const byte = this.#chunk[this.#at]
      if (byte === undefined) return null
      this.#at += 1
      this.#headerBytes.push(byte)
      if (this.#headerBytes.length === 1) continue
      if (byte < 0x80) break
      if (this.#headerBytes.length > LENGTH_BYTES) {
        throw new PacketError('protocol_error', 'the remaining length of a packet is longer than four bytes')
      }
    }
    const bytes = this.#headerBytes.splice(0)
    const size = bytes.length + bytes.slice(1).reduce((sum, byte, i) => sum + (byte & 0x7f) * 0x80 ** i, 0)
    if (size > this.limit) {
      throw new PacketError('packet_too_large', `a packet of ${size} bytes came where ${this.limit} are allowed`)
    }
    const type = (bytes[0] ?? 0) >> 4
    if (!this.#greeted && type !== CONNECT) throw new PacketError('protocol_error', 'the first packet is not CONNECT')
    this.#greeted = true
    return { bytes, type, size }
  }

  #begin(): void {
    if (this.#header === null) return
    const { bytes: header, type, size } = this.#header
    const first = Math.min(size, FIRST_BYTES)
    // A frame outlives its connection's other packets, so it does not share memory with them.
    const bytes = type === PUBLISH ? Buffer.allocUnsafeSlow(first) : Buffer.allocUnsafe(first)
    bytes.set(header)
    this.#header = null
    this.#packet = { bytes, type, bodyAt: header.length }
    this.#size = size
    this.#filled = header.length
  }

  /** Makes the packet's memory large enough for what the chunk adds: at least twice as large, at most what it announces. */
  #makeRoom(packet: RawPacket): void {
    const { bytes } = packet
    const needed = Math.min(this.#size, this.#filled + this.#chunk.length - this.#at)
    if (needed <= bytes.length) return
    // So large a packet is alone in its memory, which moves without being copied by us.
    const memory = bytes.buffer as ArrayBuffer
    packet.bytes = Buffer.from(memory.transfer(Math.min(this.#size, Math.max(needed, 2 * bytes.length))))
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
