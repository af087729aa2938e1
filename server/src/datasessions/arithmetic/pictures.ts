import type { Image, ImageReader, Shape } from '@ajar/images'
import { type InputFile, OperationError, type OperationWork } from '../operation.ts'

/** A picture that can be read, as often as it takes. */
export interface Picture {
  /** For errors. */
  name: string
  /** @throws ImageError */
  open(): Promise<ImageReader>
  /** @throws ImageError */
  load(): Promise<Image>
}

export type SampleType = ImageReader['sampleType']

/** What came of several pictures. */
export interface Combined extends Image {
  /** The type that holds the samples of all of them. */
  of: SampleType
}

export function picturesOf(files: readonly InputFile[], work: Pick<OperationWork, 'open' | 'load'>): Picture[] {
  return files.map((file) => ({ name: file.basename, open: () => work.open(file), load: () => work.load(file) }))
}

interface NamedShape {
  name: string
  shape: Shape
}

/** @throws OperationError `sizes_differ` */
export function mustMatch(first: NamedShape, other: NamedShape) {
  const [a, b] = [first.shape, other.shape]
  if (a.width === b.width && a.height === b.height && a.planes === b.planes) return
  throw new OperationError(
    'sizes_differ',
    `${first.name} is ${sizeOf(a)} and ${other.name} is ${sizeOf(b)}: all files must be of one size. ` +
      `Leave one out${a.planes === b.planes ? ', or bring them to one size with Crop first' : ''}.`,
  )
}

/** `1280x720 in colour`. */
function sizeOf({ width, height, planes }: Shape): string {
  return `${width}x${height} ${planes === 1 ? 'in grey' : planes === 3 ? 'in colour' : `with ${planes} planes`}`
}
