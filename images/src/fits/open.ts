import type { Bytes } from '../bytes.ts'
import { GzipBytes } from '../gzip-bytes.ts'
import { ImageError, type ImageReader } from '../image.ts'
import { bitpixOf, type Unit } from './header.ts'
import { PlainReader } from './plain.ts'
import { scaleOf } from './scale.ts'
import { TiledReader } from './tiles/reader.ts'
import { type Extension, frameOf, imageUnit, isTiled } from './units.ts'

/** A compressed image in a gzip file is unpacked into memory: its tiles are read here and there. In bytes. */
const MOST_IN_MEMORY = 128 << 20

/** How far an image is looked for in a gzip file. In bytes. */
export const MOST_SEARCHED = 512 << 20

/**
 * Opens a FITS file, and closes it with the reader; where this fails it is closed too.
 * @param packed the file is gzipped
 * @param extension which of its images, where it is not the one that the file is taken for
 * @throws ImageError
 */
export async function openFits(bytes: Bytes, packed: boolean, extension?: Extension): Promise<ImageReader> {
  const first = packed ? new GzipBytes(bytes) : bytes
  try {
    const unit = await imageUnit(first, packed ? MOST_SEARCHED : Number.POSITIVE_INFINITY, extension)
    const shape = frameOf(unit)
    if (unit.dataAt + unit.dataLength > first.size)
      throw new ImageError('truncated', 'The file ends before the data does that its FITS header tells of.')
    if (isTiled(unit)) return new TiledReader(packed ? await inMemory(first, unit) : first, unit, shape)
    const scale = scaleOf(unit.keywords, bitpixOf(unit.keywords.number('BITPIX')))
    // Each plane is read forwards on its own.
    const others = packed ? Array.from({ length: shape.planes - 1 }, () => new GzipBytes(bytes)) : []
    return new PlainReader([first, ...others], unit, shape, scale)
  } catch (error) {
    await first.close()
    throw error
  }
}

/** As far as the unit goes. */
async function inMemory(bytes: Bytes, unit: Unit): Promise<Bytes> {
  const end = unit.dataAt + unit.dataLength
  if (unit.dataLength > MOST_IN_MEMORY)
    throw new ImageError(
      'too_large',
      'A compressed FITS image of more than 128 MB is not read out of a gzip file: unpack it.',
    )
  const data = Buffer.allocUnsafe(unit.dataLength)
  const count = await bytes.read(unit.dataAt, data)
  await bytes.close()
  return {
    size: end,
    read: async (at, into) => {
      const part = data.subarray(at - unit.dataAt, Math.min(at - unit.dataAt + into.length, count))
      into.set(part)
      return part.length
    },
    close: async () => {},
  }
}
