import { pipeline, Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

/**
 * A zip as it is written (PKWARE's APPNOTE.TXT): a stream of as many files as one likes, of which it remembers some 80
 * bytes each until it ends. yazl holds 2 kB of each, and looks through all of them for each.
 */
export type ZipEntry = { name: string; modifiedAt: number } & (
  | { bytes: Uint8Array }
  /** Of a length that nobody knows yet: deflated. */
  | { text: AsyncIterable<string> }
)

const LOCAL = 0x04034b50
const DESCRIPTOR = 0x08074b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50
/** Version 2.0, and 4.5 where numbers need 64 bits. */
const VERSION = 20
const VERSION_64 = 45
const UTF_8 = 0x800
const WITH_DESCRIPTOR = 0x8
const DEFLATED = 8
const MOST_32 = 0xffff_ffff
const MOST_16 = 0xffff
/** Records of the end are kept in pieces of so many bytes. */
const PIECE = 65_536

interface Written {
  name: Buffer
  modifiedAt: number
  isDeflated: boolean
  crc: number
  size: number
  packed: number
  offset: number
}

/** The bytes of a zip, one entry after the other: the next one is asked for when this one has been taken. */
export async function* storedZip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const records = new Records()
  let offset = 0
  for await (const entry of entries) {
    const begun = {
      ...{ name: Buffer.from(entry.name), modifiedAt: entry.modifiedAt, offset },
      ...{ isDeflated: 'text' in entry, crc: 0, size: 0, packed: 0 },
    }
    const written = 'text' in entry ? yield* deflated(begun, entry.text) : yield* stored(begun, entry.bytes)
    records.add(written)
    offset += localHeader(written).length + written.packed + (written.isDeflated ? 16 : 0)
  }
  yield* records.pieces
  yield endOf(records, offset)
}

async function* stored(begun: Written, bytes: Uint8Array): AsyncGenerator<Uint8Array, Written> {
  const written = { ...begun, crc: crc32(bytes), size: bytes.byteLength, packed: bytes.byteLength }
  yield localHeader(written)
  yield bytes
  return written
}

async function* deflated(begun: Written, text: AsyncIterable<string>): AsyncGenerator<Uint8Array, Written> {
  let [crc, size, packed] = [0, 0, 0]
  yield localHeader(begun)
  async function* counted() {
    for await (const part of text) {
      const bytes = Buffer.from(part)
      crc = crc32(bytes, crc)
      size += bytes.byteLength
      yield bytes
    }
  }
  const deflate = createDeflateRaw()
  pipeline(Readable.from(counted()), deflate, () => {}) // its error is thrown to whoever reads
  for await (const part of deflate as AsyncIterable<Buffer>) {
    packed += part.byteLength
    yield part
  }
  const descriptor = Buffer.alloc(16)
  for (const [i, value] of [DESCRIPTOR, crc, packed, size].entries()) descriptor.writeUInt32LE(value, i * 4)
  yield descriptor
  return { ...begun, crc, size, packed }
}

function localHeader(entry: Written): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(LOCAL, 0)
  writeShared(header, 4, entry)
  // What follows the data says how long it is, where that is not known yet.
  if (entry.isDeflated) header.fill(0, 14, 26)
  const extra = timeExtra(entry)
  header.writeUInt16LE(extra.length, 28)
  return Buffer.concat([header, entry.name, extra])
}

function centralRecord(entry: Written): Buffer {
  const is64 = entry.offset >= MOST_32
  const extra = Buffer.concat([timeExtra(entry), is64 ? offset64(entry.offset) : Buffer.alloc(0)])
  const header = Buffer.alloc(46)
  header.writeUInt32LE(CENTRAL, 0)
  header.writeUInt16LE(is64 ? VERSION_64 : VERSION, 4)
  writeShared(header, 6, entry)
  header.writeUInt16LE(extra.length, 30)
  header.writeUInt32LE(is64 ? MOST_32 : entry.offset, 42)
  return Buffer.concat([header, entry.name, extra])
}

/** What both of them say: version, flags, method, time, checksum, lengths. */
function writeShared(header: Buffer, at: number, { name, modifiedAt, isDeflated, crc, size, packed }: Written) {
  const time = new Date(modifiedAt)
  header.writeUInt16LE(VERSION, at)
  header.writeUInt16LE(UTF_8 | (isDeflated ? WITH_DESCRIPTOR : 0), at + 2)
  header.writeUInt16LE(isDeflated ? DEFLATED : 0, at + 4)
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1)
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate()
  header.writeUInt16LE(clock, at + 6)
  header.writeUInt16LE(date & MOST_16, at + 8)
  header.writeUInt32LE(crc, at + 10)
  header.writeUInt32LE(packed, at + 14)
  header.writeUInt32LE(size, at + 18)
  header.writeUInt16LE(name.length, at + 22)
}

/** Info-ZIP's extended timestamp: the time above has no zone. */
function timeExtra({ modifiedAt }: Written): Buffer {
  const extra = Buffer.from([0x55, 0x54, 5, 0, 1, 0, 0, 0, 0])
  extra.writeInt32LE(Math.floor(modifiedAt / 1000) | 0, 5)
  return extra
}

function offset64(offset: number): Buffer {
  const extra = Buffer.from([1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  extra.writeBigUInt64LE(BigInt(offset), 4)
  return extra
}

/** The records of the end, as bytes: of a hundred thousand files there are some megabytes of them. */
class Records {
  readonly #pieces: Buffer[] = []
  #last = Buffer.alloc(PIECE)
  #used = 0
  count = 0
  bytes = 0

  add(entry: Written) {
    const record = centralRecord(entry)
    if (this.#used + record.length > PIECE) {
      this.#pieces.push(this.#last.subarray(0, this.#used))
      this.#last = Buffer.alloc(PIECE)
      this.#used = 0
    }
    record.copy(this.#last, this.#used)
    this.#used += record.length
    this.bytes += record.length
    this.count += 1
  }

  get pieces(): Buffer[] {
    return [...this.#pieces, this.#last.subarray(0, this.#used)]
  }
}

function endOf({ count, bytes }: Records, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(Math.min(count, MOST_16), 8)
  end.writeUInt16LE(Math.min(count, MOST_16), 10)
  end.writeUInt32LE(Math.min(bytes, MOST_32), 12)
  end.writeUInt32LE(Math.min(offset, MOST_32), 16)
  if (count < MOST_16 && offset < MOST_32 && bytes < MOST_32) return end
  const end64 = Buffer.alloc(56 + 20)
  end64.writeUInt32LE(END_64, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeUInt16LE(VERSION_64, 12)
  end64.writeUInt16LE(VERSION_64, 14)
  end64.writeBigUInt64LE(BigInt(count), 24)
  end64.writeBigUInt64LE(BigInt(count), 32)
  end64.writeBigUInt64LE(BigInt(bytes), 40)
  end64.writeBigUInt64LE(BigInt(offset), 48)
  end64.writeUInt32LE(LOCATOR_64, 56)
  end64.writeBigUInt64LE(BigInt(offset + bytes), 64)
  end64.writeUInt32LE(1, 72)
  return Buffer.concat([end64, end])
}
