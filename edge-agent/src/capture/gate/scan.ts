import { damaged } from './damage.ts'
import { BITS_TAKEN, codeLength, END_OF_BLOCK, extended, type HuffmanTable, PEEK_BITS } from './huffman.ts'

/** So many bytes of zeros follow a scan's data, so that no block that was cut off is read past the buffer's end. */
const PADDING = 4096
/** B.2.3 allows no more blocks in an MCU; read past its end they take less than the padding. */
export const MOST_BLOCKS = 10
const PEEK_MASK = (1 << PEEK_BITS) - 1

/** The entropy-coded data of one scan, its stuffed bytes taken out. */
export interface ScanData {
  bytes: Uint8Array
  /** Where each restart interval starts; its end is the next one's start. */
  starts: number[]
  end: number
}

/** One block of an MCU, in the order of the stream. */
export interface BlockOfMcu {
  dc: HuffmanTable
  /** Null in a progressive scan of DC coefficients: there are no others. */
  ac: HuffmanTable | null
  /** Where in the MCU's share of the grid it lies, or null where it is no block of luminance. */
  place: { x: number; y: number } | null
}

export interface ScanPlan {
  blocks: BlockOfMcu[]
  mcusAcross: number
  mcusDown: number
  /** Blocks of luminance in an MCU, across and down. */
  mcuWidth: number
  mcuHeight: number
  /** MCUs between two restart markers, or 0. */
  restartInterval: number
}

/** Where the DC coefficients of luminance go: one for each block of 8 x 8 pixels. */
export interface Grid {
  width: number
  height: number
  /** Before dequantisation; as wide as `width`. */
  coefficients: Int32Array
}

/** Takes the stuffed zeros out of a scan's data (B.1.1.5) and finds its restart markers. Keeps its buffer from scan to scan. */
export class Unstuffing {
  #bytes = new Uint8Array(0)

  /** `from` is the first byte behind the scan's header; the data goes to the first marker that is none of a restart. */
  run(jpeg: Uint8Array, from: number): ScanData {
    const most = jpeg.length - from + PADDING
    if (this.#bytes.length < most) this.#bytes = new Uint8Array(most * 2)
    const bytes = this.#bytes
    const starts = [0]
    let end = 0
    for (let at = from; ; ) {
      const found = jpeg.indexOf(0xff, at)
      const until = found < 0 ? jpeg.length : found
      bytes.set(jpeg.subarray(at, until), end)
      end += until - at
      let next = until + 1
      while (jpeg[next] === 0xff) next++ // B.1.1.2: any marker may have bytes of 0xFF before it
      const code = jpeg[next]
      at = next + 1
      if (code === 0x00) bytes[end++] = 0xff
      else if (code !== undefined && code >= 0xd0 && code <= 0xd7) {
        if (code !== 0xd0 + ((starts.length - 1) & 7)) throw damaged('a restart interval is missing')
        starts.push(end)
      } else break
    }
    bytes.fill(0, end, end + PADDING)
    return { bytes, starts, end }
  }
}

/**
 * Decodes the DC coefficients of luminance (F.2.2.1) and steps over everything else, 10 bits at a time. One function with its
 * state in local variables, since it runs for each of some hundred thousand symbols of a picture. Throws `damaged_jpeg`.
 */
export function decodeScan({ bytes, starts, end }: ScanData, plan: ScanPlan, grid: Grid): void {
  const { blocks, mcusAcross, mcusDown, mcuWidth, mcuHeight, restartInterval } = plan
  const { width, height, coefficients } = grid
  /** The low `held` bits of `buffer` are the next ones of the stream; `position` is the next byte to take in. */
  let [buffer, held, position, prediction] = [0, 0, 0, 0]
  let interval = 0
  let left = restartInterval === 0 ? mcusAcross * mcusDown : restartInterval
  let intervalEnd = starts[1] ?? end
  if (restartInterval === 0 && starts.length > 1) throw damaged('a restart marker where there should be none')

  for (let mcuY = 0; mcuY < mcusDown; mcuY++)
    for (let mcuX = 0; mcuX < mcusAcross; mcuX++) {
      if (left-- === 0) {
        const start = starts[++interval]
        if (start === undefined) throw damaged('it ends too early')
        ;[buffer, held, position, prediction] = [0, 0, start, 0]
        intervalEnd = starts[interval + 1] ?? end
        left = restartInterval - 1
      }
      for (const { dc, ac, place } of blocks) {
        while (held < 16) {
          buffer = (buffer << 16) | ((bytes[position] as number) << 8) | (bytes[position + 1] as number)
          position += 2
          held += 16
        }
        const known = dc.differences[(buffer >>> (held - PEEK_BITS)) & PEEK_MASK] as number
        let difference = known >> 8
        held -= known & BITS_TAKEN
        if (known === 0) {
          const bits16 = (buffer >>> (held - 16)) & 0xffff
          const length = codeLength(dc.limits, bits16)
          if (length > 16) throw damaged('a code that no table has')
          const category = dc.symbols[(bits16 >> (16 - length)) + (dc.offsets[length] as number)] as number
          if (category > 11) throw damaged('a difference that is too large') // F.1.2.1, table F.1
          held -= length
          while (held < 16) {
            buffer = (buffer << 16) | ((bytes[position] as number) << 8) | (bytes[position + 1] as number)
            position += 2
            held += 16
          }
          held -= category
          difference = extended((buffer >>> held) & ((1 << category) - 1), category)
        }
        if (place) {
          prediction += difference
          const x = mcuX * mcuWidth + place.x
          const y = mcuY * mcuHeight + place.y
          // An MCU at the edge may hold blocks that are beyond it (A.2.4).
          if (x < width && y < height) coefficients[y * width + x] = prediction
        }
        if (!ac) continue
        const { skips } = ac
        for (let coefficient = 1; coefficient < 64; ) {
          while (held < 16) {
            buffer = (buffer << 16) | ((bytes[position] as number) << 8) | (bytes[position + 1] as number)
            position += 2
            held += 16
          }
          const skip = skips[(buffer >>> (held - PEEK_BITS)) & PEEK_MASK] as number
          const next = coefficient + (skip >> 8)
          if (next < 64 && skip !== 0) {
            held -= skip & BITS_TAKEN
            if ((skip & END_OF_BLOCK) !== 0) break
            coefficient = next
            continue
          }
          // The code is longer than 10 bits, or the block may end amid those: one symbol on its own.
          const bits16 = (buffer >>> (held - 16)) & 0xffff
          const length = codeLength(ac.limits, bits16)
          if (length > 16) throw damaged('a code that no table has')
          const symbol = ac.symbols[(bits16 >> (16 - length)) + (ac.offsets[length] as number)] as number
          held -= length + (symbol & 0xf)
          if ((symbol & 0xf) === 0 && symbol !== 0xf0) break
          coefficient += (symbol >> 4) + 1
          if (coefficient > 64) throw damaged('a block of more than 64 coefficients')
        }
      }
      if (position - (held >> 3) > intervalEnd) throw damaged('it ends too early')
    }
}
