/** Above it one decoded frame takes more than 150 MB: a mistake or an attack. */
export const MAX_PIXELS = 50_000_000

export type DecodeErrorCode = 'not_jpeg' | 'truncated' | 'too_many_pixels'

/** A picture that cannot be used, always the sender's fault. The codes are those of `ajar/{device}/rejected`. */
export class DecodeError extends Error {
  readonly code: DecodeErrorCode
  readonly fault = 'caller'

  constructor(code: DecodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DecodeError'
    this.code = code
  }
}

/** What a library that could not decode a picture says, as the error it is for the sender. */
export function decodeErrorOf(error: unknown): DecodeError {
  if (error instanceof DecodeError) return error
  const reason = error instanceof Error ? error.message : String(error)
  // libjpeg names a missing end "premature end"; what else it refuses is no picture we can use.
  const code = /premature|truncated|end of/i.test(reason) ? 'truncated' : 'not_jpeg'
  return new DecodeError(code, `the picture cannot be decoded: ${reason}`, { cause: error })
}

/**
 * Walks a JPEG's segments up to its size and looks for its end (ITU T.81, annex B), so that what is no JPEG, was cut
 * off or is a decompression bomb is refused before a byte is decoded.
 * @returns width and height in pixels.
 * @throws DecodeError
 */
export function checkJpeg(jpeg: Uint8Array, maxPixels = MAX_PIXELS): { width: number; height: number } {
  if (jpeg[0] !== MARKER || jpeg[1] !== START_OF_IMAGE) {
    throw new DecodeError('not_jpeg', 'this is no JPEG: it does not start with FF D8; send the bytes of one JPEG file')
  }
  const size = frameSize(jpeg)
  if (size.width * size.height > maxPixels) {
    throw new DecodeError(
      'too_many_pixels',
      `${size.width} x ${size.height} pixels are more than ${maxPixels}; lower the camera's resolution`,
    )
  }
  // Compressed data never holds FF D9 (FF is always followed by 00 there), so after the header only the end does; what a
  // camera may append behind it does no harm.
  if (Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.length).lastIndexOf('ffd9', undefined, 'hex') < size.headerEnd) {
    throw new DecodeError('truncated', 'the JPEG has no end (FF D9): it was cut off on its way; send it whole')
  }
  return { width: size.width, height: size.height }
}

const MARKER = 0xff
const START_OF_IMAGE = 0xd8
const END_OF_IMAGE = 0xd9
const START_OF_SCAN = 0xda

function frameSize(jpeg: Uint8Array): { width: number; height: number; headerEnd: number } {
  let at = 2
  while (at + 9 <= jpeg.length) {
    if (jpeg[at] !== MARKER) throw new DecodeError('not_jpeg', `no JPEG marker at byte ${at}; the file is damaged`)
    const marker = jpeg[at + 1] as number
    if (marker === MARKER) {
      at += 1 // fill bytes may stand before a marker
      continue
    }
    if (isStartOfFrame(marker)) {
      const height = word(jpeg, at + 5)
      const width = word(jpeg, at + 7)
      if (width === 0 || height === 0) throw new DecodeError('not_jpeg', `the JPEG says ${width} x ${height} pixels`)
      return { width, height, headerEnd: at }
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) {
      throw new DecodeError('not_jpeg', 'the JPEG never says its size; the file is damaged')
    }
    at += 2 + word(jpeg, at + 2)
  }
  throw new DecodeError('truncated', 'the JPEG ends inside its header: it was cut off on its way; send it whole')
}

/** C0..CF but for C4 (Huffman tables), C8 (reserved) and CC (arithmetic tables). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}
