import { damaged } from './damage.ts'

/**
 * Huffman tables of a JPEG (ITU-T T.81), made for a reader that wants DC coefficients only and steps over the others as
 * fast as it can.
 */

/** So many bits are looked up at once: four tables of 4 kB stay in the first cache of a Pi. */
export const PEEK_BITS = 10
const PEEKS = 1 << PEEK_BITS
/** Set in an entry of `skips` that ends with the end of the block. */
export const END_OF_BLOCK = 0x20
/** The low bits of every entry: how many bits of the stream it takes. */
export const BITS_TAKEN = 0x1f

export interface HuffmanTable {
  /**
   * By the next 10 bits, for DC: the difference they code << 8 | bits taken; 0 where code and difference are longer, or
   * where there is no such code.
   */
  differences: Int32Array
  /**
   * By the next 10 bits, for AC: how many coefficients the whole symbols in them stand for << 8, END_OF_BLOCK where the last
   * is that, bits taken (their own bits included, which may lie beyond the 10); 0 where even the first code is longer.
   */
  skips: Int32Array
  /** Of each code length: the first value of 16 bits that is no code of this length or a shorter one. */
  limits: Int32Array
  /** Of each code length: what to add to a code to get the place of its symbol. */
  offsets: Int32Array
  symbols: Uint8Array
}

/** `definition`: 16 counts of codes by length, then the symbols: a table of a DHT segment (B.2.4.2). Throws `damaged_jpeg`. */
export function huffmanTable(definition: Uint8Array): HuffmanTable {
  const symbols = definition.slice(16)
  const limits = new Int32Array(18)
  const offsets = new Int32Array(17)
  // C.2: codes of one length are consecutive numbers, and go on, doubled, at the next length.
  for (let length = 1, code = 0, place = 0; length <= 16; length++) {
    offsets[length] = place - code
    const count = definition[length - 1] as number
    code += count
    place += count
    if (code > 1 << length) throw damaged('a Huffman table has more codes than there can be')
    limits[length] = code << (16 - length)
    code <<= 1
  }
  // No value of 16 bits is as large: whoever looks for the length of what is no code ends here.
  limits[17] = 0x10000
  const table = { limits, offsets, symbols, differences: new Int32Array(PEEKS), skips: new Int32Array(PEEKS) }
  for (let peek = 0; peek < PEEKS; peek++) {
    table.differences[peek] = differenceIn(table, peek)
    table.skips[peek] = skipIn(table, peek)
  }
  return table
}

/** The length of the code that these 16 bits begin with; 17 where it is none. */
export function codeLength(limits: Int32Array, bits16: number): number {
  let length = 1
  while (bits16 >= (limits[length] as number)) length++
  return length
}

/** The symbol at the start of `peek`, when `fresh` of its low bits are known: its length << 8 | symbol, or 0. */
function symbolIn({ limits, offsets, symbols }: HuffmanTable, peek: number, fresh: number): number {
  const bits16 = (peek << (16 - fresh)) & 0xffff
  const length = codeLength(limits, bits16)
  if (length > fresh) return 0
  return (length << 8) | (symbols[(bits16 >> (16 - length)) + (offsets[length] as number)] as number)
}

function differenceIn(table: HuffmanTable, peek: number): number {
  const found = symbolIn(table, peek, PEEK_BITS)
  const [length, category] = [found >> 8, found & 0xff]
  const taken = length + category
  if (found === 0 || taken > PEEK_BITS) return 0
  const bits = (peek >> (PEEK_BITS - taken)) & ((1 << category) - 1)
  return (extended(bits, category) << 8) | taken
}

/** F.2.2.1, EXTEND: differences of `category` bits are negative where their first bit is 0. */
export function extended(bits: number, category: number): number {
  return category > 0 && bits < 1 << (category - 1) ? bits - (1 << category) + 1 : bits
}

/** F.2.2.2: a symbol is a run of zero coefficients and the size of the one behind it; 0x00 ends the block, 0xF0 is 16 zeros. */
function skipIn(table: HuffmanTable, peek: number): number {
  let taken = 0
  let coefficients = 0
  for (;;) {
    const found = symbolIn(table, peek & ((1 << (PEEK_BITS - taken)) - 1), PEEK_BITS - taken)
    const [length, run, size] = [found >> 8, (found >> 4) & 0xf, found & 0xf]
    const takes = length + size
    const first = taken === 0
    if (found === 0 || (!first && taken + takes > PEEK_BITS)) break
    taken += takes
    if (size === 0 && run !== 15) return (coefficients << 8) | END_OF_BLOCK | taken
    coefficients += run + 1
    if (taken >= PEEK_BITS || coefficients > 63) break
  }
  return (coefficients << 8) | taken
}

/**
 * The tables that many webcams leave out of each picture of a stream (T.81 K.3.3), by the destination they are loaded into:
 * 0 for luminance, 1 for chrominance.
 */
export function usualTable(kind: 'dc' | 'ac', destination: number): Uint8Array | null {
  const hex = USUAL[`${kind}${destination}`]
  return hex ? Buffer.from(hex, 'hex') : null
}

const USUAL: Record<string, string> = {
  // Table K.3, table K.4
  dc0: '00010501010101010100000000000000000102030405060708090a0b',
  dc1: '00030101010101010101010000000000000102030405060708090a0b',
  // Table K.5
  ac0:
    '0002010303020403050504040000017d' +
    '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a' +
    '434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa' +
    'b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
  // Table K.6
  ac1:
    '00020102040403040705040400010277' +
    '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a' +
    '434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa' +
    'b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa',
}
