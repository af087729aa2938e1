import type { Samples } from '@ajar/images'
import { ByteSums } from './sums-of-bytes.ts'

/** So many pictures are added at once: memory is slower than addition. */
export const AT_ONCE = 4

/** A sum and how many were blank, of each sample. In bytes, for the widest type. */
export const BYTES_OF_SUM = 8 + 4

/** How many pictures of 16 bits a 32-bit sum holds. */
const MOST_WORDS = Math.floor((2 ** 31 - 1) / 0xffff)

/**
 * The sums of samples over pictures, blank ones left out, in 64-bit floating point in the order of the pictures. As long as
 * all of them are whole numbers of 8 or 16 bits, which add up exactly and have no blanks, cheaper numbers do.
 */
export class Sums {
  readonly length: number
  readonly #bytes: ByteSums
  #words: Int32Array | undefined
  #wordsCount = 0
  #sums: Float64Array | undefined
  #isFloating = false
  /** How many were blank, where any was. */
  #blanks: Uint32Array | undefined
  #count = 0

  constructor(length: number) {
    this.length = length
    this.#bytes = new ByteSums(length)
  }

  /** @param some up to AT_ONCE pictures, each of `length` samples */
  add(some: readonly Samples[]) {
    this.#count += some.length
    if (!this.#isFloating && isAll(some, Uint8Array)) {
      if (!this.#bytes.hasRoomFor(some.length)) this.#exact()
      this.#bytes.add(some)
    } else if (!this.#isFloating && (isAll(some, Int16Array) || isAll(some, Uint16Array))) {
      if (this.#wordsCount + some.length > MOST_WORDS) this.#exact()
      this.#wordsCount += some.length
      this.#words ??= new Int32Array(this.length)
      addWords(some as Int16Array[], this.#words)
    } else {
      const sums = this.#exact()
      this.#isFloating = true
      addFloating(some, sums, () => (this.#blanks ??= new Uint32Array(this.length)))
    }
  }

  /** Sums, or means of what is not blank; where all were blank this is. It is the end of them. */
  finish(method: 'sum' | 'mean'): Float64Array {
    const [sums, blanks, count] = [this.#exact(), this.#blanks, this.#count]
    if (blanks)
      for (let i = 0; i < sums.length; i++) {
        const present = count - (blanks[i] as number)
        if (present === 0) sums[i] = Number.NaN
        else if (method === 'mean') sums[i] = (sums[i] as number) / present
      }
    else if (method === 'mean') for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) / count
    return sums
  }

  /** All of them as floating point. */
  #exact(): Float64Array {
    this.#sums ??= new Float64Array(this.length)
    const [sums, words] = [this.#sums, this.#words]
    if (words) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (words[i] as number)
    this.#words = undefined
    this.#wordsCount = 0
    this.#bytes.moveInto(sums)
    return sums
  }
}

function isAll<Of extends Samples>(some: readonly Samples[], kind: new () => Of): some is Of[] {
  return some.every((samples) => samples instanceof kind)
}

function addWords(some: readonly Int16Array[], sums: Int32Array) {
  const [a, b, c, d] = some
  const { length } = sums
  if (a && b && c && d)
    for (let i = 0; i < length; i++)
      sums[i] = ((sums[i] as number) + (a[i] as number) + (b[i] as number) + (c[i] as number) + (d[i] as number)) | 0
  else
    for (const samples of some) for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) + (samples[i] as number)
}

function addFloating(some: readonly Samples[], sums: Float64Array, blanks: () => Uint32Array) {
  const [a, b, c, d] = some
  if (!a || !b || !c || !d) return each(some, 0, sums.length, sums, blanks)
  for (let i = 0; i < sums.length; i++) {
    const sum = (sums[i] as number) + (a[i] as number) + (b[i] as number) + (c[i] as number) + (d[i] as number)
    // One is blank; or all are there, and infinite in both ways.
    if (Number.isNaN(sum)) each(some, i, i + 1, sums, blanks)
    else sums[i] = sum
  }
}

function each(some: readonly Samples[], from: number, to: number, sums: Float64Array, blanks: () => Uint32Array) {
  for (const samples of some)
    for (let i = from; i < to; i++) {
      const value = samples[i] as number
      if (!Number.isNaN(value)) sums[i] = (sums[i] as number) + value
      else count(blanks(), i)
    }
}

function count(blanks: Uint32Array, at: number) {
  blanks[at] = (blanks[at] as number) + 1
}
