import type { Image, Samples } from '../image.ts'
import { zscale } from '../look/zscale.ts'

/** Samples at and below `zmin` become black, at and above `zmax` white; blank ones black. */
export interface Stretch {
  zmin: number
  zmax: number
}

export interface LookOptions {
  /** null: 8-bit pictures as they are, others by `zscale`. */
  stretch: Stretch | null
  /** The picture is made to fit inside; it is never made larger. In pixels. */
  width?: number
  height?: number
}

export async function toJpeg(image: Image, options: LookOptions): Promise<Buffer> {
  return (await looked(image, options)).jpeg({ quality: 90 }).toBuffer()
}

export async function toPng(image: Image, options: LookOptions): Promise<Buffer> {
  return (await looked(image, options)).png().toBuffer()
}

async function looked(image: Image, { stretch, width, height }: LookOptions) {
  const bytes = interleaved(image, stretched(image, stretch))
  const picture = await rawOf(image, bytes)
  picture.toColourspace(image.planes === 1 ? 'b-w' : 'srgb')
  if (width || height)
    picture.resize({ ...(width && { width }), ...(height && { height }), fit: 'inside', withoutEnlargement: true })
  return picture
}

/**
 * A TIFF that keeps what the samples are as far as TIFF does: 8-bit and unsigned 16-bit samples stay as they are, others
 * are stretched by `zscale` over 16 bits.
 */
export async function toTiff(image: Image): Promise<Buffer> {
  const { samples } = image
  const is8 = samples instanceof Uint8Array
  const kept = is8 || samples instanceof Uint16Array ? samples : stretched16(image)
  const picture = await rawOf(image, interleaved(image, kept))
  picture.toColourspace(image.planes === 1 ? (is8 ? 'b-w' : 'grey16') : is8 ? 'srgb' : 'rgb16')
  return picture.tiff({ compression: 'deflate', predictor: 'horizontal' }).toBuffer()
}

async function rawOf({ width, height, planes }: Image, samples: Uint8Array | Uint16Array) {
  const { default: sharp } = await import('sharp')
  return sharp(samples, { raw: { width, height, channels: planes as 1 | 3 } })
}

function stretched(image: Image, stretch: Stretch | null): Uint8Array {
  const { samples } = image
  if (!stretch && samples instanceof Uint8Array) return samples
  const { zmin, zmax } = stretch ?? zscale(image)
  return fill(samples, new Uint8Array(samples.length), zmin, zmax, 255)
}

function stretched16(image: Image): Uint16Array {
  const { zmin, zmax } = zscale(image)
  return fill(image.samples, new Uint16Array(image.samples.length), zmin, zmax, 65535)
}

function fill<T extends Uint8Array | Uint16Array>(samples: Samples, out: T, zmin: number, zmax: number, most: number) {
  // All of one value: what is above it is white.
  const factor = zmax > zmin ? most / (zmax - zmin) : Number.MAX_VALUE
  for (let i = 0; i < samples.length; i++) {
    const level = ((samples[i] as number) - zmin) * factor
    // Written so that NaN becomes black.
    out[i] = level > 0 ? (level < most ? level + 0.5 : most) : 0
  }
  return out
}

/** Pixels of red, green and blue side by side, as encoders take them. */
function interleaved<T extends Uint8Array | Uint16Array>({ width, height, planes }: Image, samples: T): T {
  if (planes === 1) return samples
  const plane = width * height
  const pixels = samples.slice() as T
  for (let i = 0, at = 0; i < plane; i++, at += 3) {
    pixels[at] = samples[i] as number
    pixels[at + 1] = samples[i + plane] as number
    pixels[at + 2] = samples[i + 2 * plane] as number
  }
  return pixels
}
