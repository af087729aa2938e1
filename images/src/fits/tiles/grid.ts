import { ImageError, type Shape } from '../../image.ts'
import type { Keywords } from '../cards.ts'

/** A tile is held in memory as a whole. In samples. */
const MOST_TILE = 32e6

/** A tile's place in the picture, cut where the picture ends. */
export interface Tile extends Shape {
  x: number
  y: number
  plane: number
}

/** How a picture is cut in tiles: those beside each other follow, then those below, then those of the next planes. */
export interface TileGrid {
  count: number
  /** Of the largest tile, in samples. */
  most: number
  tile(index: number): Tile
  /** Which tiles have a part in rows `from` to `to`: spans of numbers, their ends exclusive. */
  ranges(from: number, to: number): [number, number][]
}

/** @throws ImageError `bad_header` | `too_large` */
export function gridOf(keywords: Keywords, { width, height, planes }: Shape): TileGrid {
  const size = [width, 1, 1].map((usual, i) => {
    const length = keywords.number(`ZTILE${i + 1}`) ?? usual
    if (!Number.isInteger(length) || length < 1)
      throw new ImageError('bad_header', `ZTILE${i + 1} is no length of a tile.`)
    return Math.min(length, [width, height, planes][i] as number)
  }) as [number, number, number]
  const [tileWidth, tileHeight, tilePlanes] = size
  if (tileWidth * tileHeight * tilePlanes > MOST_TILE)
    throw new ImageError('too_large', 'A FITS image compressed in tiles of more than 32 million pixels is not read.')
  const columns = Math.ceil(width / tileWidth)
  const lines = Math.ceil(height / tileHeight)
  const layers = Math.ceil(planes / tilePlanes)
  return {
    count: columns * lines * layers,
    most: tileWidth * tileHeight * tilePlanes,
    tile(index) {
      const x = (index % columns) * tileWidth
      const y = (Math.floor(index / columns) % lines) * tileHeight
      const plane = Math.floor(index / (columns * lines)) * tilePlanes
      return {
        x,
        y,
        plane,
        width: Math.min(tileWidth, width - x),
        height: Math.min(tileHeight, height - y),
        planes: Math.min(tilePlanes, planes - plane),
      }
    },
    ranges(from, to) {
      const first = Math.floor(from / tileHeight) * columns
      const end = Math.ceil(to / tileHeight) * columns
      return Array.from({ length: layers }, (_, i) => [i * columns * lines + first, i * columns * lines + end])
    },
  }
}
