import { ImageError } from '../../image.ts'

/** FITS 4.0, 10.4.1: by bytes of a pixel, the bits of a block's code, the code of a block that is not packed, bits of that. */
const FORMS = {
  1: { codeBits: 3, unpacked: 6, bits: 8 },
  2: { codeBits: 4, unpacked: 14, bits: 16 },
  4: { codeBits: 5, unpacked: 25, bits: 32 },
} as const

/**
 * Unpacks RICE_1 (FITS 4.0, 10.4.1): differences of neighbours, in blocks; each difference has its upper bits as a count of
 * zeros and its lower bits as they are.
 * @param count of pixels
 * @param blockSize pixels in a block
 * @throws ImageError `truncated` where the bytes end before the pixels do
 */
export function unpackRice(
  packed: Uint8Array,
  count: number,
  bytesPerPixel: 1 | 2 | 4,
  blockSize: number,
): Uint8Array | Int16Array | Int32Array {
  const pixels = newPixels(count, bytesPerPixel)
  const { codeBits, unpacked, bits } = FORMS[bytesPerPixel]
  const end = packed.length
  if (end < bytesPerPixel) throw early()
  let at = 0
  // Wraps around as the pixels do when they are stored.
  let last = 0
  while (at < bytesPerPixel) last = (last << 8) | (packed[at++] as number)
  // The lowest `have` bits of `held` are read and not used yet; 31 of them at most.
  let held = 0
  let have = 0
  for (let i = 0; i < count; ) {
    const blockEnd = Math.min(i + blockSize, count)
    while (have < codeBits) {
      if (at >= end) throw early()
      held = (held << 8) | (packed[at++] as number)
      have += 8
    }
    have -= codeBits
    const code = (held >>> have) & ((1 << codeBits) - 1)
    if (code === 0) {
      pixels.fill(last, i, blockEnd)
      i = blockEnd
    } else if (code === unpacked + 1) {
      for (; i < blockEnd; i++) {
        let folded = 0
        for (let left = bits; left > 0; left -= 8) {
          if (at >= end) throw early()
          held = (held << 8) | (packed[at++] as number)
          folded = (folded << 8) | ((held >>> have) & 0xff)
        }
        last = (last + ((folded >>> 1) ^ -(folded & 1))) | 0
        pixels[i] = last
      }
    } else if (code > unpacked) {
      throw new ImageError('bad_header', 'A compressed tile has a code that RICE_1 does not know.')
    } else {
      const low = code - 1
      const lowMask = (1 << low) - 1
      for (; i < blockEnd; i++) {
        let rest = held & ((1 << have) - 1)
        let zeros = 0
        while (rest === 0) {
          if (at >= end) throw early()
          zeros += have
          rest = packed[at++] as number
          held = rest
          have = 8
        }
        const leading = have - 32 + Math.clz32(rest)
        zeros += leading
        have -= leading + 1
        while (have < low) {
          if (at >= end) throw early()
          held = (held << 8) | (packed[at++] as number)
          have += 8
        }
        have -= low
        const folded = (zeros << low) | ((held >>> have) & lowMask)
        last = (last + ((folded >>> 1) ^ -(folded & 1))) | 0
        pixels[i] = last
      }
    }
  }
  return pixels
}

function newPixels(count: number, bytesPerPixel: 1 | 2 | 4) {
  if (bytesPerPixel === 1) return new Uint8Array(count)
  return bytesPerPixel === 2 ? new Int16Array(count) : new Int32Array(count)
}

function early() {
  return new ImageError('truncated', 'A compressed tile ends before its pixels do.')
}
