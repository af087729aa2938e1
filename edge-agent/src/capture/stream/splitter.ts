import type { Instant } from '../../clock.ts'

const FIRST_CAPACITY = 256 * 1024

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda

export interface SplitterParts {
  /** Pictures above this size are left out and counted; it also bounds the memory. */
  maxBytes: number
  /** Called with each whole picture, and when its first bytes came. */
  onPicture: (jpeg: Uint8Array, firstByteAt: Instant) => void
}

/**
 * Takes whole JPEGs out of a stream that is cut anywhere: pictures may come in pieces or many at once, with anything between
 * them. Segments are walked by their lengths, because the thumbnail in an EXIF segment has a start and an end of its own.
 * A picture that breaks off is left out, and the search goes on in its last segment, whose length may have been chance or
 * may reach into the next picture.
 */
export class JpegSplitter {
  readonly #parts: SplitterParts
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY)
  /** `#bytes` holds data from `#start` to `#end`; the picture being read begins at `#start`. */
  #start = 0
  #end = 0
  /** Where the walk goes on; it may lie behind `#end`, in a segment that has not come yet. */
  #at = 0
  /** The marker of the last segment: nothing has shown yet that this segment really ends where its length says. */
  #unconfirmed = 0
  #where: 'outside' | 'headers' | 'scan' = 'outside'
  #scanned = false
  #firstByteAt: Instant = { wallMs: 0, monotonicMs: 0 }
  #broken = 0
  #strayBytes = 0

  constructor(parts: SplitterParts) {
    this.#parts = parts
  }

  /** Pictures that began and were not whole, or too large. */
  get broken(): number {
    return this.#broken
  }

  /** Bytes that belonged to no whole picture. */
  get strayBytes(): number {
    return this.#strayBytes
  }

  /** Goes on with `chunk`, which came at `at`. */
  push(chunk: Uint8Array, at: Instant): void {
    const { maxBytes } = this.#parts
    // In slices, so that never more than twice the bound is kept.
    for (let from = 0; from < chunk.byteLength; from += maxBytes) {
      this.#append(chunk.subarray(from, from + maxBytes))
      this.#walk(at)
    }
  }

  #append(bytes: Uint8Array): void {
    const kept = this.#end - this.#start
    const target =
      kept + bytes.byteLength <= this.#bytes.byteLength
        ? this.#bytes
        : Buffer.allocUnsafe(Math.max(kept + bytes.byteLength, this.#bytes.byteLength * 2))
    if (target !== this.#bytes || this.#end + bytes.byteLength > target.byteLength) {
      this.#bytes.copy(target, 0, this.#start, this.#end)
      this.#at -= this.#start
      this.#unconfirmed -= this.#start
      this.#start = 0
      this.#end = kept
      this.#bytes = target
    }
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.byteLength
  }

  #walk(at: Instant): void {
    for (;;) {
      if (this.#where === 'outside') {
        if (!this.#findStart(at)) return
      } else if (!(this.#where === 'headers' ? this.#walkMarker() : this.#walkScan())) {
        if (this.#end - this.#start > this.#parts.maxBytes) this.#breakOff(this.#end)
        return
      }
    }
  }

  /** A start is a SOI with a marker behind it. Keeps two bytes at most where there is none. */
  #findStart(at: Instant): boolean {
    for (let from = this.#start; ; from++) {
      from = this.#next(from)
      const second = from + 1 < this.#end ? this.#bytes[from + 1] : SOI
      const third = from + 2 < this.#end ? this.#bytes[from + 2] : 0xff
      if (from < this.#end && (second !== SOI || third !== 0xff)) continue
      this.#skipTo(from)
      if (from + 2 >= this.#end) return false
      this.#firstByteAt = at
      this.#at = from + 2
      this.#unconfirmed = from + 1
      this.#scanned = false
      this.#where = 'headers'
      return true
    }
  }

  /** One marker with its segment. False where more bytes have to come first. */
  #walkMarker(): boolean {
    if (this.#at >= this.#end) return false
    if (this.#bytes[this.#at] !== 0xff) return this.#breakOff(this.#unconfirmed)
    const position = this.#afterFill(this.#at)
    const code = this.#bytes[position]
    if (position >= this.#end || code === undefined) return false
    if (code === EOI && this.#scanned) return this.#finish(position + 1)
    // An end without a picture, a start inside of one, or what cannot stand among headers.
    if (code < 0xc0 || (code >= 0xd0 && code <= EOI)) return this.#breakOff(this.#unconfirmed)
    if (position + 2 >= this.#end) return false
    const length = this.#bytes.readUInt16BE(position + 1)
    if (length < 2) return this.#breakOff(this.#unconfirmed)
    this.#unconfirmed = this.#at
    this.#at = position + 1 + length
    if (code === SOS) {
      this.#scanned = true
      this.#where = 'scan'
    }
    return true
  }

  /** Entropy-coded data, up to the marker that ends it. */
  #walkScan(): boolean {
    while (this.#at < this.#end) {
      this.#at = this.#next(this.#at)
      const position = this.#afterFill(this.#at)
      const code = this.#bytes[position]
      if (position >= this.#end || code === undefined) return false
      if (code === EOI) return this.#finish(position + 1)
      if (code === SOI) return this.#breakOff(this.#at)
      if (code >= 0xc0 && (code < 0xd0 || code > 0xd7)) {
        this.#where = 'headers' // another table or scan, as progressive pictures have
        return true
      }
      this.#at = position + 1 // a stuffed 0xff or a restart marker
    }
    return false
  }

  /** Where the next 0xff stands, or the end. */
  #next(from: number): number {
    const found = this.#bytes.subarray(0, this.#end).indexOf(0xff, from)
    return found < 0 ? this.#end : found
  }

  /** A marker may have any number of 0xff before its code. */
  #afterFill(from: number): number {
    let position = from
    while (position < this.#end && this.#bytes[position] === 0xff) position++
    return position
  }

  #finish(end: number): boolean {
    this.#where = 'outside'
    const jpeg = Uint8Array.from(this.#bytes.subarray(this.#start, end))
    if (jpeg.byteLength > this.#parts.maxBytes) return this.#breakOff(end)
    this.#start = end
    this.#parts.onPicture(jpeg, this.#firstByteAt)
    return true
  }

  /** What was begun is no picture: leaves out what is before `position` and searches from there. */
  #breakOff(position: number): boolean {
    this.#broken++
    this.#where = 'outside'
    this.#skipTo(position)
    return true
  }

  #skipTo(position: number): void {
    this.#strayBytes += position - this.#start
    this.#start = position
  }
}

/** The first picture of `bytes`, if it begins there and is whole; null else. What follows it is left out. */
export function wholeJpeg(bytes: Uint8Array): Uint8Array | null {
  let first: Uint8Array | null = null
  const nowhere: Instant = { wallMs: 0, monotonicMs: 0 }
  const splitter = new JpegSplitter({
    maxBytes: Math.max(1, bytes.byteLength),
    onPicture: (jpeg) => {
      first ??= splitter.strayBytes === 0 ? jpeg : null
    },
  })
  splitter.push(bytes, nowhere)
  return first
}
