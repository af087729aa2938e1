import type { Shape } from '@ajar/images'
import { OperationError } from '../operation.ts'
import type { Shown } from './shown.ts'
import { stateColours } from './state-colours.ts'
import { escaped, svgOf } from './svg.ts'

export interface SheetOptions {
  columns: number
  /** Of each picture. */
  width: number
  /** Has the shape that all places have. */
  first: Pick<Shape, 'width' | 'height'>
  /** So many pictures come at most. */
  count: number
  hasCaptions: boolean
  /** In the order of their colours. */
  states: readonly string[]
}

const GAP = 8
const FONT_SIZE = 12
/** As much as a picture may have that the laboratory reads again. */
const MOST_PIXELS = 60_000_000

/** Pictures in rows and columns, on white. Only the sheet is held, whatever the number of pictures. */
export class Sheet {
  /** The size of each place. */
  readonly box: { width: number; height: number }
  count = 0
  readonly #columns: number
  readonly #caption: number
  readonly #states: readonly string[]
  readonly #width: number
  readonly #height: number
  readonly #rgb: Uint8Array
  #texts: { text: string; state: string | null; x: number; y: number }[] = []

  /** @throws OperationError `too_large` */
  constructor({ columns, width, first, count, hasCaptions, states }: SheetOptions) {
    const height = Math.min(Math.max(Math.round((width * first.height) / first.width), 1), 4 * width)
    this.box = { width, height }
    this.#columns = Math.min(columns, count)
    this.#caption = hasCaptions ? 3 * FONT_SIZE : 0
    this.#states = states
    this.#width = GAP + this.#columns * (width + GAP)
    this.#height = GAP + Math.ceil(count / this.#columns) * (height + this.#caption + GAP)
    if (this.#width * this.#height > MOST_PIXELS)
      throw new OperationError(
        'too_large',
        `the sheet would have ${this.#width} x ${this.#height} pixels, more than ${MOST_PIXELS / 1e6} million: ` +
          'make the pictures narrower, or take fewer',
      )
    this.#rgb = new Uint8Array(this.#width * this.#height * 3).fill(255)
  }

  /** @param picture of the size of `box` */
  add({ rgb, width, height }: Shown, text: string, state: string | null) {
    const left = GAP + (this.count % this.#columns) * (width + GAP)
    const top = GAP + Math.floor(this.count / this.#columns) * (height + this.#caption + GAP)
    for (let row = 0; row < height; row++) {
      const at = 3 * ((top + row) * this.#width + left)
      this.#rgb.set(rgb.subarray(3 * row * width, 3 * (row + 1) * width), at)
    }
    this.#texts.push({ text, state, x: left, y: top + height })
    this.count += 1
  }

  /** The sheet with its captions. */
  async finished(): Promise<Shown> {
    const [width, height] = [this.#width, this.#height]
    if (this.#caption === 0) return { width, height, rgb: this.#rgb }
    const { default: sharp } = await import('sharp')
    const colours = stateColours(
      this.#texts.flatMap(({ state }) => state ?? []),
      this.#states,
    )
    const fits = Math.max(Math.floor(this.box.width / (0.62 * FONT_SIZE)), 1)
    const captions = this.#texts.map(({ text, state, x, y }) => {
      const first = `<text x="${x}" y="${y + FONT_SIZE + 2}" font-size="${FONT_SIZE}">${escaped(shortened(text, fits))}</text>`
      if (state === null) return first
      const mark = `<rect x="${x}" y="${y + FONT_SIZE + 8}" width="10" height="10" fill="${colours.get(state)}"/>`
      const name = escaped(shortened(state, fits - 2))
      return `${first}${mark}<text x="${x + 15}" y="${y + 2 * FONT_SIZE + 5}" font-size="${FONT_SIZE}">${name}</text>`
    })
    const rgb = await sharp(this.#rgb, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .composite([{ input: svgOf(width, height, captions.join('')), limitInputPixels: false }])
      .removeAlpha()
      .raw()
      .toBuffer()
    return { width, height, rgb: new Uint8Array(rgb.buffer, rgb.byteOffset, rgb.length) }
  }
}

/** The end tells more than the beginning: seconds, and numbers of files. */
function shortened(text: string, most: number): string {
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`
}
