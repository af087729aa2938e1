import { fitsExtensions, greyOf, type Image, imageInfo, loadImage } from '@ajar/images'
import { type Amplifier, layoutOf } from './_amplifiers.ts'
import { Refusal } from './_refusal.ts'

/** In pixels, as of any picture. */
const MOST_PIXELS = 100e6

/** The images of a file, by their headers; of other pictures than FITS the one that it is. @throws ImageError */
export async function picturesIn(path: string) {
  const { kind, width, height, cards } = await imageInfo(path)
  return kind === 'fits' ? fitsExtensions(path) : [{ index: 0, name: null, width, height, cards }]
}

/**
 * The picture that the amplifiers of a file make together, blank where none of them is.
 * @throws Refusal where the file does not say how, or it is too large
 */
export async function mosaicOf(path: string): Promise<Image> {
  const { mosaic, amplifiers } = layoutOf(await picturesIn(path))
  if (!mosaic) throw new Refusal('this file is no mosaic: that takes several images with DETSEC in their headers')
  const { width, height } = mosaic
  if (width * height > MOST_PIXELS)
    throw new Refusal(`the mosaic has ${width} x ${height} pixels, and more than 100 megapixels are not read`)
  const samples = new Float64Array(width * height).fill(Number.NaN)
  // One after the other: each takes memory of its own.
  for (const amplifier of amplifiers)
    put(samples, width, greyOf(await loadImage(path, { extension: amplifier.index })), amplifier)
  return { width, height, planes: 1, samples }
}

function put(mosaic: Float64Array, width: number, image: Image, { all, isTurnedX, isTurnedY }: Amplifier) {
  for (let y = 0; y < image.height; y++) {
    const row = image.samples.slice(y * image.width, (y + 1) * image.width)
    if (isTurnedX) row.reverse()
    mosaic.set(row, (isTurnedY ? all.y2 - y : all.y1 + y) * width + all.x1)
  }
}
