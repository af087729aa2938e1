import type { Image, ImageReader, Samples } from '@ajar/images'
import { requireMemory } from './most-memory.ts'

/** So many samples are read at once. */
const BAND_SAMPLES = 4_000_000

export interface SmallerOptions {
  /** Of the longer side, in pixels; a picture is never made larger. */
  maxSize: number
  /** Red, green and blue become one plane of luminance: Rec. 601, as JPEGs have it (JFIF 1.02). */
  asLuminance: boolean
}

/**
 * A picture made smaller while it is read, so that it never is in memory as a whole: each sample is the mean of those it
 * stands for, blank ones left out. Whole numbers stay whole.
 */
export async function readSmaller(reader: ImageReader, { maxSize, asLuminance }: SmallerOptions): Promise<Image> {
  const { width, height, planes } = reader
  const factor = Math.max(1, Math.max(width, height) / maxSize)
  const columns = Math.max(1, Math.round(width / factor))
  const lines = Math.max(1, Math.round(height / factor))
  const shown = asLuminance ? 1 : planes
  const perLine = width * planes * Math.ceil(factor)
  requireMemory(reader, Math.max(BAND_SAMPLES, perLine) + columns * lines * shown)
  const samples = emptyOf(reader.sampleType, columns * lines * shown)
  const isWhole = !(samples instanceof Float32Array || samples instanceof Float64Array)
  const topOf = (line: number) => Math.floor((line * height) / lines)
  const leftOf = Uint32Array.from({ length: columns + 1 }, (_, i) => Math.floor((i * width) / columns))
  const perBand = Math.max(1, Math.floor(BAND_SAMPLES / perLine))
  const means = Array.from({ length: planes }, () => new Float64Array(columns))
  const [red, green, blue] = means as [Float64Array, Float64Array, Float64Array]
  for (let first = 0; first < lines; first += perBand) {
    const last = Math.min(lines, first + perBand)
    const from = topOf(first)
    const rows = topOf(last) - from
    const band = await reader.rows(from, from + rows)
    for (let line = first; line < last; line++) {
      for (let plane = 0; plane < planes; plane++) {
        const top = plane * rows + topOf(line) - from
        meansOf(band, width, { top, bottom: top + topOf(line + 1) - topOf(line) }, leftOf, means[plane] as Float64Array)
      }
      if (asLuminance && planes === 3)
        for (let i = 0; i < columns; i++) red[i] = luminanceOf(red[i] as number, green[i] as number, blue[i] as number)
      for (let plane = 0; plane < shown; plane++) {
        const place = (plane * lines + line) * columns
        const mean = means[plane] as Float64Array
        for (let i = 0; i < columns; i++)
          samples[place + i] = isWhole ? Math.round(mean[i] as number) : (mean[i] as number)
      }
    }
  }
  return { width: columns, height: lines, planes: shown, samples }
}

export function luminanceOf(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue
}

/** The means of some rows, each of the samples from one of `leftOf` to the next. */
function meansOf(
  samples: Samples,
  width: number,
  { top, bottom }: { top: number; bottom: number },
  leftOf: Uint32Array,
  out: Float64Array,
) {
  for (let column = 0; column < out.length; column++) {
    const left = leftOf[column] as number
    const right = leftOf[column + 1] as number
    let sum = 0
    let count = 0
    for (let row = top; row < bottom; row++)
      for (let i = row * width + left; i < row * width + right; i++) {
        const value = samples[i] as number
        if (Number.isNaN(value)) continue
        sum += value
        count++
      }
    out[column] = count > 0 ? sum / count : Number.NaN
  }
}

function emptyOf(type: ImageReader['sampleType'], length: number): Samples {
  switch (type) {
    case 'u8':
      return new Uint8Array(length)
    case 'i16':
      return new Int16Array(length)
    case 'u16':
      return new Uint16Array(length)
    case 'i32':
      return new Int32Array(length)
    case 'f32':
      return new Float32Array(length)
    case 'f64':
      return new Float64Array(length)
  }
}
