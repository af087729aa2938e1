import type { Image } from '@ajar/images'

/** One of the pictures that make a colour picture. */
export interface Channel {
  /** Grey. */
  image: Image
  /** What becomes black, and what becomes the whole colour. */
  zmin: number
  zmax: number
  /** Red, green and blue of what it is shown in, 0..255. */
  color: readonly [number, number, number]
}

/** One colour picture, 8 bits a sample: what each channel adds to it. Blank samples add nothing. @param channels of one size */
export function colorPicture({ width, height }: Pick<Image, 'width' | 'height'>, channels: readonly Channel[]): Image {
  const plane = width * height
  const samples = new Uint8Array(3 * plane)
  for (let i = 0; i < 3; i++) {
    const shown = channels.filter(({ color }) => color[i] !== 0)
    for (let at = 0; at < plane; at++) {
      let level = 0
      for (const channel of shown) level += (channel.color[i] as number) * share(channel, at)
      samples[i * plane + at] = Math.min(255, Math.round(level))
    }
  }
  return { width, height, planes: 3, samples }
}

/** 0..1 */
function share({ image, zmin, zmax }: Channel, at: number): number {
  const value = image.samples[at] as number
  if (Number.isNaN(value) || value <= zmin) return 0
  return value >= zmax ? 1 : (value - zmin) / (zmax - zmin)
}

/** `#f80`, `#ff8800` or `rgb(255, 136, 0)`; null for anything else. */
export function colorOf(text: string): [number, number, number] | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text)
  if (short) return numbers(short, (digit) => Number.parseInt(digit + digit, 16))
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text)
  if (long) return numbers(long, (digits) => Number.parseInt(digits, 16))
  const decimal = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/i.exec(text)
  const color = decimal ? numbers(decimal, Number) : null
  return color?.every((part) => part <= 255) ? color : null
}

function numbers([, red = '', green = '', blue = '']: RegExpExecArray, read: (text: string) => number) {
  return [read(red), read(green), read(blue)] as [number, number, number]
}
