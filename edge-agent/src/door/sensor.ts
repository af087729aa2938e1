import { chance } from './chance.ts'
import type { Lighting } from './lighting.ts'

/** Levels 0 to 255 of light 0 to 1.5 by the gamma of sRGB, brighter is white. */
const LEVELS = 2048
const BRIGHTEST = 1.5
const LEVEL_OF_LIGHT = Float32Array.from({ length: LEVELS + 1 }, (_, i) => {
  const light = (i / LEVELS) * BRIGHTEST
  // A soft shoulder above 0.8, as cameras have, so that a bright garden keeps its drawing.
  const compressed = light < 0.8 ? light : 0.8 + 0.2 * Math.tanh((light - 0.8) / 0.35)
  return 255 * compressed ** (1 / 2.2)
})

/** Noise of standard deviation 1: the sum of four even ones. Rows of a picture start at places of their own. */
const NOISE = Float32Array.from({ length: 1 << 16 }, (_, i) => {
  const sum = chance(1, i) + chance(2, i) + chance(3, i) + chance(4, i)
  return (sum - 2) * Math.sqrt(3)
})

/** What the camera makes of the light: levels of 255 in red, green, blue, with noise and, at night, without colour. */
export function expose(
  picture: Float32Array,
  { width, height }: { width: number; height: number },
  { noise, hotSpot, grey }: Lighting,
  grainSeed: number,
): Uint8ClampedArray {
  // Rounds and clamps by itself, faster than any code here.
  const levels = new Uint8ClampedArray(picture.length)
  const [halfWidth, halfHeight] = [width / 2, height / 2]
  for (let py = 0, c = 0; py < height; py++) {
    let grain = Math.floor(chance(grainSeed, py) * NOISE.length)
    const vertical = ((py - halfHeight) / halfHeight) ** 2
    for (let px = 0; px < width; px++, c += 3) {
      const falloff = 1 - (0.12 + 0.38 * hotSpot) * 0.5 * (vertical + ((px - halfWidth) / halfWidth) ** 2)
      let red = (picture[c] ?? 0) * falloff
      let green = (picture[c + 1] ?? 0) * falloff
      let blue = (picture[c + 2] ?? 0) * falloff
      // Infra-red light comes back from paint and cloth more evenly than daylight does.
      if (grey) red = green = blue = 0.45 * red + 0.35 * green + 0.2 * blue + 0.01
      const shared = noise * (NOISE[grain++ & 0xffff] ?? 0)
      const colour = grey ? 0 : 0.5 * noise * (NOISE[(grain + 977) & 0xffff] ?? 0)
      levels[c] = level(red) + shared + colour
      levels[c + 1] = level(green) + shared
      levels[c + 2] = level(blue) + shared - colour
    }
  }
  return levels
}

function level(light: number): number {
  const step = (light * (LEVELS / BRIGHTEST)) | 0
  return LEVEL_OF_LIGHT[Math.min(step, LEVELS)] ?? 255
}
