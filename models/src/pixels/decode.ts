import type { Sharp } from 'sharp'
import { checkJpeg, decodeErrorOf, MAX_PIXELS } from './jpeg.ts'
import { type Box, type Region, UPRIGHT } from './polygon.ts'
import { type View, viewOf } from './view.ts'

/** What a backbone sees of a frame. */
export interface Pixels {
  /** `224 * 224 * 3` bytes, rows of RGB pixels. */
  rgb: Uint8Array
  /** Standard deviation of luminance in the region, 0..127: near zero when the lens is covered or it is pitch dark. */
  spread: number
  /** Mean luminance in the region, 0..255. */
  brightness: number
  /** Pixels outside the region, counted row by row; they are all `OUTSIDE`. */
  outside: Uint32Array
}

export const PICTURE_SIZE = 224

/** The level of what is not looked at. */
export const OUTSIDE = 128

/** All of a frame is looked at, however it is turned. */
const WHOLE: View = { box: { x: 0, y: 0, width: 1, height: 1 }, outside: new Uint32Array() }

/**
 * Decodes one JPEG: crop to the region's bounding box, shrink while loading, 224x224 RGB, the aspect ratio not kept
 * (every frame of a camera is squeezed alike, and nothing is cut off), and what lies outside the region made grey. The
 * pixels stay turned as they are stored, for a camera's frames are all turned alike; the region is turned as they are.
 * @param region corners in fractions of the upright frame, null for all of it; the same array for many frames is quick
 * @throws DecodeError `not_jpeg` | `truncated` | `too_many_pixels`
 */
export async function decode(
  jpeg: Uint8Array,
  region: Region | null,
  { maxPixels = MAX_PIXELS } = {},
): Promise<Pixels> {
  const { width, height } = checkJpeg(jpeg, maxPixels)
  // Loaded with the first picture: it takes long, and a training on cached features looks at none.
  const { default: sharp } = await import('sharp')
  const picture = sharp(jpeg, { failOn: 'truncated', limitInputPixels: maxPixels, sequentialRead: true })
  try {
    const { box, outside } = region ? viewOf(region, await orientationOf(picture), PICTURE_SIZE) : WHOLE
    if (region) picture.extract(pixelsOf(box, width, height))
    const rgb = await picture
      .resize(PICTURE_SIZE, PICTURE_SIZE, { fit: 'fill' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer()
    fillOutside(rgb, outside)
    return { rgb, outside, ...luminance(rgb, outside) }
  } catch (error) {
    throw decodeErrorOf(error)
  }
}

async function orientationOf(picture: Sharp): Promise<number> {
  return (await picture.metadata()).orientation ?? UPRIGHT
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

/** Makes the pixels grey that are not looked at. */
export function fillOutside(rgb: Uint8Array, outside: Uint32Array) {
  for (let i = 0; i < outside.length; i++) {
    const at = (outside[i] as number) * 3
    rgb[at] = OUTSIDE
    rgb[at + 1] = OUTSIDE
    rgb[at + 2] = OUTSIDE
  }
}

/** Mean and standard deviation of Rec. 601 luma over the pixels that are looked at; the others are `OUTSIDE`. */
export function luminance(rgb: Uint8Array, outside: Uint32Array): { brightness: number; spread: number } {
  let sum = -outside.length * OUTSIDE
  let squares = -outside.length * OUTSIDE ** 2
  for (let i = 0; i < rgb.length; i += 3) {
    const luma = 0.299 * (rgb[i] as number) + 0.587 * (rgb[i + 1] as number) + 0.114 * (rgb[i + 2] as number)
    sum += luma
    squares += luma * luma
  }
  const count = rgb.length / 3 - outside.length
  const mean = sum / count
  return { brightness: mean, spread: Math.sqrt(Math.max(squares / count - mean * mean, 0)) }
}
