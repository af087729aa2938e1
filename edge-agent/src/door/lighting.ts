import type { Colour } from './scene.ts'
import type { DoorTruth } from './truth.ts'

/** The light of one frame, linear; 1 on a white surface is white in the picture. */
export interface Lighting {
  /** On everything in the room. */
  room: Colour
  /** On everything beyond the doorway. */
  outside: Colour
  /** Through the open doorway into the room, on what `Scene.spill` marks. */
  spill: Colour
  /** 0 even, 1 as an infra-red lamp beside the lens: bright in the middle, dark in the corners. */
  hotSpot: number
  /** Standard deviation of the sensor's noise, levels of 255. */
  noise: number
  /** Pictures of the infra-red sensor have no colour. */
  grey: boolean
}

const DAYLIGHT: Colour = [0.96, 1, 1.05]
const LOW_SUN: Colour = [1.15, 0.95, 0.75]
const LAMP: Colour = [0.85, 0.66, 0.42]

/** How a camera with automatic exposure sees the scene: the room's mean stays in range, the outside may be too bright. */
export function lightingOf({ daylight, lamp, night, angleDegrees }: DoorTruth): Lighting {
  const opening = Math.min(1, angleDegrees / 60)
  if (night) {
    return {
      room: [1, 1, 1],
      outside: [0.06, 0.06, 0.06],
      spill: [0, 0, 0],
      hotSpot: 1,
      noise: 5,
      grey: true,
    }
  }
  const tint = daylight < 0.35 ? LOW_SUN : DAYLIGHT
  const indoors = 0.25 + 0.55 * daylight
  const exposure = 0.85 / (indoors + 0.45 * lamp + 0.15 * opening * daylight)
  const each = (of: (tint: number, lamp: number) => number): Colour => [
    exposure * of(tint[0], LAMP[0]),
    exposure * of(tint[1], LAMP[1]),
    exposure * of(tint[2], LAMP[2]),
  ]
  return {
    room: each((sun, bulb) => sun * indoors + bulb * lamp * 0.7),
    outside: each((sun) => sun * (0.12 + 1.3 * daylight)),
    spill: each((sun) => sun * daylight * opening),
    hotSpot: 0,
    noise: 1.5 + 2 * (1 - daylight),
    grey: false,
  }
}
