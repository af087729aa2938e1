import type { Shape } from '@ajar/images'

/** So many places are counted: a sensor with more hot pixels than that is one. */
const MOST_COUNTED = 200_000
/** A pixel is the sensor's where it is hot in this share of the files, and in so many. */
const LEAST_SHARE = 0.5
const LEAST_FILES = 3

export interface Steady {
  /** Of the files that were compared: those of the size of the first. */
  files: number
  count: number
  /** The most frequent first. */
  pixels: { x: number; y: number; files: number }[]
}

/** Which pixels are hot in file after file: those are the sensor's, and no star or lamp. */
export class SteadyPixels {
  readonly #files = new Map<number, number>()
  #size: Pick<Shape, 'width' | 'height'> | null = null
  #compared = 0

  /** @param at `y * width + x` of pixels that are hot in one file */
  add({ width, height }: Pick<Shape, 'width' | 'height'>, at: readonly number[]) {
    this.#size ??= { width, height }
    if (width !== this.#size.width || height !== this.#size.height) return
    this.#compared += 1
    for (const one of at)
      if (this.#files.has(one) || this.#files.size < MOST_COUNTED) this.#files.set(one, (this.#files.get(one) ?? 0) + 1)
  }

  /** @param most so many are told */
  found(most: number): Steady {
    const width = this.#size?.width ?? 1
    const least = Math.max(LEAST_FILES, Math.ceil(LEAST_SHARE * this.#compared))
    const steady = [...this.#files].filter(([, files]) => files >= least).sort((a, b) => b[1] - a[1] || a[0] - b[0])
    const pixels = steady.slice(0, most).map(([at, files]) => ({ x: at % width, y: Math.floor(at / width), files }))
    return { files: this.#compared, count: steady.length, pixels }
  }
}
