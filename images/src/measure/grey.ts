import type { Image, Samples } from '../image.ts'

/** Rec. 601 luma, as the classifier weighs the colours. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114]

/** The picture without its colours: its own samples where it has none, blank where one colour is. */
export function greyOf({ width, height, planes, samples }: Image): Image {
  if (planes === 1) return { width, height, planes, samples }
  const size = width * height
  const isLong = samples instanceof Float64Array || samples instanceof Int32Array
  const grey = isLong ? new Float64Array(size) : new Float32Array(size)
  for (let i = 0; i < size; i++)
    grey[i] =
      planes === 3
        ? RED * (samples[i] as number) +
          GREEN * (samples[i + size] as number) +
          BLUE * (samples[i + 2 * size] as number)
        : meanAt(samples, i, size, planes)
  return { width, height, planes: 1, samples: grey }
}

/** FITS cubes have any number of planes. */
function meanAt(samples: Samples, at: number, size: number, planes: number): number {
  let sum = 0
  for (let plane = 0; plane < planes; plane++) sum += samples[at + plane * size] as number
  return sum / planes
}

/** One plane of a picture, not copied. */
export function planeOf({ width, height, samples }: Image, plane: number): Samples {
  return samples.subarray(plane * width * height, (plane + 1) * width * height) as Samples
}

/** What planes are called. */
export function planeNames(planes: number): string[] {
  if (planes === 1) return ['grey']
  if (planes === 3) return ['red', 'green', 'blue']
  return Array.from({ length: planes }, (_, i) => `plane ${i + 1}`)
}

/** Whether the samples are shown as they are, 0 black and 255 white. */
export function isBytes({ samples }: Pick<Image, 'samples'>): boolean {
  return samples instanceof Uint8Array
}

/** Whether samples are whole numbers: they tell nothing finer than 1 apart. */
export function isWhole({ samples }: Pick<Image, 'samples'>): boolean {
  return !(samples instanceof Float32Array || samples instanceof Float64Array)
}
