import { bytesOf } from '../bytes.ts'
import { GzipBytes } from '../gzip-bytes.ts'
import type { Card } from '../image.ts'
import { axesOf } from './header.ts'
import { MOST_SEARCHED } from './open.ts'
import { imageCards } from './tiles/cards.ts'
import { allUnits, inherited, isImage, isTiled, nameOf } from './units.ts'

/** One image of a FITS file, by its header. */
export interface FitsExtension {
  /** Which unit of the file it is; the primary one is 0. */
  index: number
  /** EXTNAME, or null. */
  name: string | null
  /** In samples. */
  width: number
  height: number
  /** Of an image that is compressed, those that it had before. */
  cards: readonly Card[]
}

/** The images of a FITS file, also .gz and .fz, in its order; tables are left out. @throws ImageError */
export async function fitsExtensions(path: string): Promise<FitsExtension[]> {
  const file = await bytesOf(path)
  const start = new Uint8Array(2)
  await file.read(0, start).catch((error) => file.close().then(() => Promise.reject(error)))
  const packed = start[0] === 0x1f && start[1] === 0x8b
  const bytes = packed ? new GzipBytes(file) : file
  try {
    const units = await allUnits(bytes, packed ? MOST_SEARCHED : Number.POSITIVE_INFINITY)
    return units.flatMap((unit, index) => {
      if (!isImage(unit)) return []
      const tiled = isTiled(unit)
      const [width = 0, height = 0] = axesOf(unit.keywords, tiled ? 'Z' : '')
      const { cards } = inherited(unit, units[0])
      return [{ index, name: nameOf(unit) || null, width, height, cards: tiled ? imageCards(cards) : cards }]
    })
  } finally {
    await bytes.close()
  }
}
