import { type Image, isBytes, zscale } from '@ajar/images'

/** A picture as screens show it: red, green and blue side by side, a byte each, the top row first. */
export interface Shown {
  width: number
  height: number
  rgb: Uint8Array
}

/** Samples between which a picture is stretched from black to white. */
export interface Limits {
  zmin: number
  zmax: number
}

/** 8-bit pictures as they are; others between limits, their own unless they are told. Blank samples are black. */
export function shown(image: Image, limits: Limits | null = null): Shown {
  const { width, height, planes, samples } = image
  const size = width * height
  const { zmin, zmax } = limits ?? (isBytes(image) ? { zmin: 0, zmax: 255 } : zscale(image))
  const factor = zmax > zmin ? 255 / (zmax - zmin) : Number.MAX_VALUE
  const rgb = new Uint8Array(size * 3)
  for (let colour = 0; colour < 3; colour++) {
    // Of a cube of other than 3 planes the first is shown.
    const from = planes === 3 ? colour * size : 0
    for (let i = 0, to = colour; i < size; i++, to += 3) {
      const level = ((samples[from + i] as number) - zmin) * factor
      rgb[to] = level > 0 ? Math.min(level + 0.5, 255) : 0
    }
  }
  return { width, height, rgb }
}

/** Pixels side by side as planes one after the other. */
export function planar(rgb: Uint8Array, width: number, height: number): Image {
  const size = width * height
  const samples = new Uint8Array(size * 3)
  for (let i = 0, at = 0; i < size; i++, at += 3) {
    samples[i] = rgb[at] as number
    samples[i + size] = rgb[at + 1] as number
    samples[i + 2 * size] = rgb[at + 2] as number
  }
  return { width, height, planes: 3, samples }
}

/** The picture made to fit into a box, in its middle, on black; drawn over by an SVG of the box's size. */
export async function fitted(
  picture: Shown,
  width: number,
  height: number,
  over: Buffer | null = null,
): Promise<Shown> {
  const { default: sharp } = await import('sharp')
  const raw = { width: picture.width, height: picture.height, channels: 3 as const }
  const box = sharp(picture.rgb, { raw }).resize(width, height, { fit: 'contain', background: 'black' })
  if (over) box.composite([{ input: over }])
  const rgb = await box.toColourspace('srgb').removeAlpha().raw().toBuffer()
  return { width, height, rgb: new Uint8Array(rgb.buffer, rgb.byteOffset, rgb.length) }
}
