/** EXIF 2.32: where a picture says when it was taken. */
const EXIF_FOLDER = 0x8769
const TIME_ORIGINAL = 0x9003
const OFFSET_ORIGINAL = 0x9011
const HEADER = 'Exif\0\0'
const ENTRY_BYTES = 12
/** A value of up to four bytes stands where a longer one's place is told. */
const INLINE_BYTES = 4

/**
 * When a picture was taken (DateTimeOriginal), in milliseconds UTC, or null where it does not say. Without an offset its
 * time is taken as UTC, as that of a file's name is.
 * @param exif the block as sharp gives it: TIFF, with or without the header before it
 */
export function timeInExif(exif: Uint8Array): number | null {
  try {
    const bytes = Buffer.from(exif.buffer, exif.byteOffset, exif.byteLength)
    return timeIn(bytes.toString('latin1', 0, HEADER.length) === HEADER ? bytes.subarray(HEADER.length) : bytes)
  } catch {
    return null // it points beyond its end
  }
}

function timeIn(tiff: Buffer): number | null {
  const isLittle = tiff.toString('latin1', 0, 2) === 'II'
  const word = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const long = (at: number) => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  const find = (folder: number, tag: number) => {
    for (let i = 0; i < word(folder); i++) {
      const at = folder + 2 + i * ENTRY_BYTES
      if (word(at) === tag) return at
    }
    return null
  }
  const text = (entry: number | null) => {
    if (entry === null) return ''
    const length = long(entry + 4)
    const from = length <= INLINE_BYTES ? entry + 8 : long(entry + 8)
    return tiff
      .toString('latin1', from, from + length)
      .replaceAll('\0', '')
      .trim()
  }
  const pointer = find(long(4), EXIF_FOLDER)
  if (pointer === null) return null
  const folder = long(pointer + 8)
  const taken = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/.exec(text(find(folder, TIME_ORIGINAL)))
  if (!taken) return null
  const [, year, month, day, time] = taken
  const offset = text(find(folder, OFFSET_ORIGINAL))
  const at = Date.parse(`${year}-${month}-${day}T${time}${/^[+-]\d\d:\d\d$/.test(offset) ? offset : 'Z'}`)
  return Number.isNaN(at) ? null : at
}
