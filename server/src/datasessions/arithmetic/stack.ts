import { type Bounds, bandsOf, MEMORY_BYTES, placesOf } from './bands.ts'
import type { Combined, Picture, SampleType } from './pictures.ts'
import { BYTES_OF_SUM } from './sums.ts'
import { sumsOfBand } from './sums-of-band.ts'
import { survey } from './survey.ts'

export interface StackOptions extends Bounds {
  method: 'sum' | 'mean'
}

/**
 * The sum or the mean of each sample over all pictures, blank ones left out, added in 64-bit floating point in the order
 * of the pictures.
 * @throws OperationError `sizes_differ`, ImageError
 */
export async function stackOfPictures(pictures: readonly Picture[], options: StackOptions): Promise<Combined> {
  const { method, report, memoryBytes = MEMORY_BYTES } = options
  let shape = await survey(pictures.slice(0, 1))
  const { width, height, planes } = shape
  const bands = bandsOf(shape, width * planes * BYTES_OF_SUM, memoryBytes)
  // Each picture is opened once if it can be: to see that one does not fit before all are read is worth less.
  if (bands.length > 1) shape = await survey(pictures)
  let samples: Float32Array | Float64Array | undefined
  for (const [done, band] of bands.entries()) {
    const part = await sumsOfBand(pictures, shape, band, method, (fraction) =>
      report?.((done + fraction) / bands.length),
    )
    if (bands.length === 1) shape = { ...shape, of: part.of }
    samples ??= newSums(shape.of, method, pictures.length, width * height * planes)
    for (const [plane, { inBand, inWhole, length }] of placesOf(shape, band).entries())
      if (part.inPixels) for (let i = 0; i < length; i++) samples[inWhole + i] = part.sums[i * planes + plane] as number
      else samples.set(part.sums.subarray(inBand, inBand + length), inWhole)
  }
  return { width, height, planes, samples: samples ?? new Float32Array(0), of: shape.of }
}

function newSums(of: SampleType, method: 'sum' | 'mean', count: number, length: number) {
  return fits32(of, method, count) ? new Float32Array(length) : new Float64Array(length)
}

/** Whether 32-bit floating point holds what comes of it: sums of 8 and 16 bits exactly, means as well as their inputs. */
function fits32(of: SampleType, method: 'sum' | 'mean', count: number): boolean {
  if (of === 'i32' || of === 'f64') return false
  if (method === 'mean' || of === 'f32') return true
  return count * (of === 'u8' ? 0xff : 0xffff) <= 2 ** 24
}
