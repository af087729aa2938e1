import { histogram, type Image, type ImageReader, zscale } from '@ajar/images'
import { readSmaller } from './read-smaller.ts'

const BINS = 256
const BITS: Record<ImageReader['sampleType'], number> = { u8: 8, i16: 16, u16: 16, i32: 32, f32: 32, f64: 64 }

/** The samples of a picture, row by row, with how they are distributed and how to stretch them. Colours become luminance. */
export async function rawData(reader: ImageReader, maxSize: number) {
  const image = await readSmaller(reader, { maxSize, asLuminance: true })
  const { counts, edges } = histogram(image, BINS)
  const { zmin, zmax } = zscale(image)
  return {
    ...{ data: numbersOf(image), height: image.height, width: image.width },
    ...{ histogram: counts, bins: edges, zmin, zmax, bitdepth: BITS[reader.sampleType] },
  }
}

/** Blank samples become null in JSON. */
function numbersOf({ samples }: Image): number[] {
  if (!(samples instanceof Float32Array)) return Array.from(samples)
  // As few digits as a float needs: what JSON would write of it as a double is twice as long, and says no more.
  return Array.from(samples, (value) => Number(value.toPrecision(9)))
}
