import type { Image } from '@ajar/images'
import type { Region } from '../measures/largest-region.ts'
import { planar, shown } from './shown.ts'

/** How much of a marked pixel's own brightness is left under the red. */
const LEFT = 0.55

/** The picture with red where a mask is 1, and a yellow box around a region. */
export async function marked(image: Image, mask: Uint8Array, region: Region | null): Promise<Image> {
  const { width, height, rgb } = shown(image)
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 1) continue
    rgb[3 * i] = LEFT * (rgb[3 * i] as number) + 255 * (1 - LEFT)
    rgb[3 * i + 1] = LEFT * (rgb[3 * i + 1] as number)
    rgb[3 * i + 2] = LEFT * (rgb[3 * i + 2] as number)
  }
  if (region) box(rgb, width, height, region)
  return planar(rgb, width, height)
}

const YELLOW = [255, 221, 0]

/** Around the region, outside of it where there is room; as thick as can be seen when the picture is shown small. */
function box(rgb: Uint8Array, width: number, height: number, region: Region) {
  const thick = Math.max(1, Math.round(Math.max(width, height) / 400))
  const [left, top] = [region.x - thick, region.y - thick]
  const [right, bottom] = [region.x + region.width + thick, region.y + region.height + thick]
  for (let y = Math.max(top, 0); y < Math.min(bottom, height); y++)
    for (let x = Math.max(left, 0); x < Math.min(right, width); x++) {
      const isInside = x >= region.x && x < right - thick && y >= region.y && y < bottom - thick
      if (!isInside) rgb.set(YELLOW, 3 * (y * width + x))
    }
}
