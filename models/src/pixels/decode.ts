import sharp from 'sharp'
import { checkJpeg, decodeErrorOf, MAX_PIXELS } from './jpeg.ts'

/** Region of interest, fractions 0..1 of the frame's width and height. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** What a backbone sees of a frame. */
export interface Pixels {
  /** `224 * 224 * 3` bytes, rows of RGB pixels. */
  rgb: Uint8Array
  /** Standard deviation of luminance, 0..127: near zero when the lens is covered or it is pitch dark. */
  spread: number
  /** Mean luminance, 0..255. */
  brightness: number
}

export const PICTURE_SIZE = 224

/**
 * Decodes one JPEG: crop to the box, shrink while loading, 224x224 RGB, the aspect ratio not kept (every frame of a
 * camera is squeezed alike, and nothing is cut off).
 * @throws DecodeError `not_jpeg` | `truncated` | `too_many_pixels`
 */
export async function decode(jpeg: Uint8Array, box: Box | null, { maxPixels = MAX_PIXELS } = {}): Promise<Pixels> {
  const { width, height } = checkJpeg(jpeg, maxPixels)
  const picture = sharp(jpeg, { failOn: 'truncated', limitInputPixels: maxPixels, sequentialRead: true })
  if (box) picture.extract(pixelsOf(box, width, height))
  try {
    const rgb = await picture
      .resize(PICTURE_SIZE, PICTURE_SIZE, { fit: 'fill' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer()
    return { rgb, ...luminance(rgb) }
  } catch (error) {
    throw decodeErrorOf(error)
  }
}

/** The box in whole pixels, at least one, never outside the frame. */
function pixelsOf(box: Box, width: number, height: number) {
  const left = Math.min(Math.max(Math.floor(box.x * width), 0), width - 1)
  const top = Math.min(Math.max(Math.floor(box.y * height), 0), height - 1)
  return {
    left,
    top,
    width: Math.min(Math.max(Math.round(box.width * width), 1), width - left),
    height: Math.min(Math.max(Math.round(box.height * height), 1), height - top),
  }
}

/** Mean and standard deviation of Rec. 601 luma over all pixels. */
export function luminance(rgb: Uint8Array): { brightness: number; spread: number } {
  let sum = 0
  let squares = 0
  for (let i = 0; i < rgb.length; i += 3) {
    const luma = 0.299 * (rgb[i] as number) + 0.587 * (rgb[i + 1] as number) + 0.114 * (rgb[i + 2] as number)
    sum += luma
    squares += luma * luma
  }
  const count = rgb.length / 3
  const mean = sum / count
  return { brightness: mean, spread: Math.sqrt(Math.max(squares / count - mean * mean, 0)) }
}
