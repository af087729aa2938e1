/** So often 255 is added before 16 bits are full. */
const MOST = 257

/** The lower byte of both halves of a word. */
const LOW = 0x00ff00ff

/**
 * Sums of 8-bit samples, four of them in one step: two 16-bit sums stand in each 32-bit word. Bytes 0 and 2 of four samples
 * go into one word, 1 and 3 into the next.
 */
export class ByteSums {
  readonly #length: number
  #pairs: Uint32Array | undefined
  /** Of the samples behind the last four. */
  #rest = [0, 0, 0]
  #count = 0

  constructor(length: number) {
    this.#length = length
  }

  hasRoomFor(pictures: number) {
    return this.#count + pictures <= MOST
  }

  /** @param some as many as it has room for */
  add(some: readonly Uint8Array[]) {
    const words = this.#length >> 2
    this.#pairs ??= new Uint32Array(2 * words)
    this.#count += some.length
    addBytes(
      some.map((bytes) => wordsOf(bytes, words)),
      this.#pairs,
    )
    for (const bytes of some)
      for (let i = 4 * words; i < this.#length; i++)
        this.#rest[i % 4] = (this.#rest[i % 4] as number) + (bytes[i] as number)
  }

  /** Adds them to sums, and begins anew. */
  moveInto(sums: Float64Array) {
    if (this.#count === 0 || !this.#pairs) return
    // Whichever end of a word this machine puts first: a word seen as two halves, as samples are seen as words.
    const [halves, order] = [new Uint16Array(this.#pairs.buffer), HALVES]
    for (let i = 0; i < halves.length; i += 4)
      for (let j = 0; j < 4; j++) sums[i + j] = (sums[i + j] as number) + (halves[i + (order[j] as number)] as number)
    for (let i = halves.length; i < this.#length; i++) sums[i] = (sums[i] as number) + (this.#rest[i % 4] as number)
    this.#pairs.fill(0)
    this.#rest = [0, 0, 0]
    this.#count = 0
  }
}

/** Where the sums of four bytes stand among four halves. */
const HALVES = placesOfHalves()

function placesOfHalves(): number[] {
  const pairs = new Uint32Array(2)
  addBytes([new Uint32Array(Uint8Array.of(1, 2, 3, 4).buffer)], pairs)
  const halves = new Uint16Array(pairs.buffer)
  return [1, 2, 3, 4].map((byte) => halves.indexOf(byte))
}

function wordsOf(bytes: Uint8Array, count: number): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count)
}

function addBytes(some: readonly Uint32Array[], pairs: Uint32Array) {
  const [a, b, c, d] = some
  if (a && b && c && d)
    for (let i = 0; i < a.length; i++) {
      const [p, q, r, s] = [a[i] as number, b[i] as number, c[i] as number, d[i] as number]
      pairs[2 * i] = ((pairs[2 * i] as number) + (p & LOW) + (q & LOW) + (r & LOW) + (s & LOW)) | 0
      pairs[2 * i + 1] =
        ((pairs[2 * i + 1] as number) + ((p >>> 8) & LOW) + ((q >>> 8) & LOW) + ((r >>> 8) & LOW) + ((s >>> 8) & LOW)) |
        0
    }
  else
    for (const words of some)
      for (let i = 0; i < words.length; i++) {
        const word = words[i] as number
        pairs[2 * i] = (pairs[2 * i] as number) + (word & LOW)
        pairs[2 * i + 1] = (pairs[2 * i + 1] as number) + ((word >>> 8) & LOW)
      }
}
