import { newSamples, sampleTypeOfArray } from '../fits/scale.ts'
import type { Image } from '../image.ts'

/**
 * The picture with its longer side at most `maxSize` pixels: each sample is the mean of those it stands for, blank ones
 * left out. The picture itself where it is small enough; never larger.
 */
export function downscaled(image: Image, maxSize: number): Image {
  const { width, height, planes, samples } = image
  const factor = Math.max(width, height) / maxSize
  if (!(factor > 1)) return image
  const columns = Math.max(1, Math.round(width / factor))
  const lines = Math.max(1, Math.round(height / factor))
  const type = sampleTypeOfArray(samples)
  const isWhole = type !== 'f32' && type !== 'f64'
  const small = newSamples(type, columns * lines * planes)
  const starts = Uint32Array.from({ length: columns + 1 }, (_, i) => Math.floor((i * width) / columns))
  for (let plane = 0, out = 0; plane < planes; plane++)
    for (let line = 0; line < lines; line++) {
      const top = plane * height + Math.floor((line * height) / lines)
      const bottom = plane * height + Math.floor(((line + 1) * height) / lines)
      for (let column = 0; column < columns; column++, out++) {
        let sum = 0
        let count = 0
        for (let row = top; row < bottom; row++) {
          const end = row * width + (starts[column + 1] as number)
          for (let i = row * width + (starts[column] as number); i < end; i++) {
            const value = samples[i] as number

            if (!Number.isNaN(value)) {
              sum += value
              count++
            }
          }
        }
        const mean = count ? sum / count : Number.NaN
        small[out] = isWhole ? Math.round(mean) : mean
      }
    }
  return { width: columns, height: lines, planes, samples: small }
}
