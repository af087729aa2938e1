import type { Bytes } from '../../bytes.ts'
import type { Card, ImageReader, Samples, Shape } from '../../image.ts'
import { bitpixOf, type Unit } from '../header.ts'
import { checkRows } from '../plain.ts'
import { newSamples } from '../scale.ts'
import { imageCards } from './cards.ts'
import { gridOf, type Tile, type TileGrid } from './grid.ts'
import { type TileRow, TileTable } from './table.ts'
import { TileSamples } from './tile-samples.ts'

/** An image compressed in tiles (FITS 4.0, 10): those are unpacked that have a part in the rows asked for. */
export class TiledReader implements ImageReader {
  readonly width: number
  readonly height: number
  readonly planes: number
  readonly sampleType: ImageReader['sampleType']
  readonly cards: readonly Card[]
  readonly #bytes: Bytes
  readonly #grid: TileGrid
  readonly #table: TileTable
  readonly #tiles: TileSamples
  /** Tiles that the next rows need again: those cut by the end of the last ones. */
  #kept = new Map<number, Samples>()

  /** @throws ImageError */
  constructor(bytes: Bytes, unit: Unit, shape: Shape) {
    const { keywords } = unit
    const bitpix = bitpixOf(keywords.number('ZBITPIX'))
    this.#bytes = bytes
    this.#grid = gridOf(keywords, shape)
    this.#table = new TileTable(bytes, unit, this.#grid)
    this.#tiles = new TileSamples(keywords, this.#table, bitpix)
    this.width = shape.width
    this.height = shape.height
    this.planes = shape.planes
    this.sampleType = this.#tiles.sampleType
    this.cards = imageCards(unit.cards)
  }

  async rows(from: number, to: number) {
    checkRows(this, from, to)
    const out = newSamples(this.sampleType, this.width * (to - from) * this.planes)
    if (from === to) return out
    const kept = new Map<number, Samples>()
    for (const [first, end] of this.#grid.ranges(from, to))
      for await (const [index, samples] of this.#samples(first, end)) {
        const tile = this.#grid.tile(index)
        this.#copy(tile, samples, from, to, out)
        if (tile.y + tile.height > to) kept.set(index, samples)
      }
    this.#kept = kept
    return out
  }

  async *#samples(first: number, end: number): AsyncGenerator<[number, Samples]> {
    let from = first
    for (; from < end; from++) {
      const samples = this.#kept.get(from)
      if (!samples) break
      yield [from, samples]
    }
    for await (const [index, row] of this.#table.rows(from, end, this.#tiles.columns))
      yield [index, this.#unpacked(index, row)]
  }

  #unpacked(index: number, row: TileRow): Samples {
    const { width, height, planes } = this.#grid.tile(index)
    return this.#tiles.unpack(index, row, width * height * planes)
  }

  /** The part of a tile that the rows have. */
  #copy(tile: Tile, samples: Samples, from: number, to: number, out: Samples) {
    const top = Math.max(tile.y, from)
    const bottom = Math.min(tile.y + tile.height, to)
    for (let plane = 0; plane < tile.planes; plane++) {
      const start = (tile.plane + plane) * (to - from)
      const tileStart = plane * tile.height
      if (tile.width === this.width) {
        const part = samples.subarray(
          (tileStart + top - tile.y) * tile.width,
          (tileStart + bottom - tile.y) * tile.width,
        )
        out.set(part, (start + top - from) * this.width)
      } else
        for (let row = top; row < bottom; row++) {
          const at = (tileStart + row - tile.y) * tile.width
          out.set(samples.subarray(at, at + tile.width), (start + row - from) * this.width + tile.x)
        }
    }
  }

  close() {
    this.#kept.clear()
    return this.#bytes.close()
  }
}
