import { chance, cloud } from './chance.ts'
import type { Lighting } from './lighting.ts'
import { type Camera, type Colour, DOORWAY, type Scene, scaled } from './scene.ts'
import type { DoorTruth } from './truth.ts'

const HANDLE: Colour = [0.75, 0.72, 0.66]
const LEAF_THICKNESS = 0.045

/** Light that reaches the camera from each pixel: red, green, blue, linear. */
export function paintScene(scene: Scene, truth: DoorTruth, lighting: Lighting): Float32Array {
  const picture = paintRoom(scene, lighting)
  paintLeaf(picture, scene, truth.angleDegrees, lighting)
  if (truth.passing !== null) paintPasser(picture, scene, truth.passing, lighting)
  return picture
}

function paintRoom({ albedo, shade, spill, beyond }: Scene, lighting: Lighting): Float32Array {
  const picture = new Float32Array(albedo.length)
  const { room, outside, spill: through } = lighting
  for (let i = 0, c = 0; i < beyond.length; i++, c += 3) {
    const light = beyond[i] === 1 ? outside : room
    const shaded = shade[i] ?? 1
    const spilled = spill[i] ?? 0
    picture[c] = (albedo[c] ?? 0) * (light[0] * shaded + through[0] * spilled)
    picture[c + 1] = (albedo[c + 1] ?? 0) * (light[1] * shaded + through[1] * spilled)
    picture[c + 2] = (albedo[c + 2] ?? 0) * (light[2] * shaded + through[2] * spilled)
  }
  return picture
}

/** The leaf hangs at x = -0.5 and swings towards the camera: its face, and its edge once one can see it. */
function paintLeaf(picture: Float32Array, scene: Scene, angleDegrees: number, lighting: Lighting): void {
  const angle = (angleDegrees * Math.PI) / 180
  const along = { x: Math.cos(angle), z: -Math.sin(angle) }
  const hinge = { x: -DOORWAY.halfWidth, z: 0 }
  const width = 2 * DOORWAY.halfWidth
  // The more it turns, the more it faces away from the lamp and towards the light of the doorway.
  const light = mixedLight(lighting, 1 - 0.3 * Math.sin(angle), 0.25 * Math.sin(angle))
  const face = (u: number, v: number) => onLeaf(scene, u, v)
  paintPlane(picture, scene, { at: hinge, along, width, height: DOORWAY.height, light, colour: face })
  if (angleDegrees < 1) return
  const freeEdge = { x: hinge.x + along.x * width, z: hinge.z + along.z * width }
  const across = { x: -along.z, z: along.x }
  const edge = () => scaled(scene.leafColour, 1.5)
  const edgeLight = mixedLight(lighting, 0.9, 0)
  const thickness = {
    at: freeEdge,
    along: across,
    width: LEAF_THICKNESS,
    height: DOORWAY.height,
    light: edgeLight,
    colour: edge,
  }
  paintPlane(picture, scene, thickness)
}

/** The paint of the leaf at `u` metres from the hinge and `v` metres above the floor: two panels, a letter box, a handle. */
function onLeaf({ seed, leafColour }: Scene, u: number, v: number): Colour {
  if ((u - 0.9) ** 2 + (v - 1.02) ** 2 < 0.028 ** 2) return HANDLE
  if (u > 0.78 && u < 0.91 && Math.abs(v - 1.02) < 0.014) return HANDLE
  if (u > 0.36 && u < 0.64 && Math.abs(v - 0.99) < 0.03) return scaled(HANDLE, 0.6)
  const grain = 0.92 + 0.16 * cloud(seed + 15, u * 30, v * 4)
  const bevel = panelBevel(u, v, 1.15, 1.98) + panelBevel(u, v, 0.15, 0.85)
  return scaled(leafColour, grain * (1 + bevel))
}

/** Light catches the lower and right bevel of a panel between two heights and leaves the others dark. */
function panelBevel(u: number, v: number, from: number, to: number): number {
  const inside = Math.min(u - 0.15, 0.85 - u, v - from, to - v)
  if (inside < 0 || inside > 0.03) return 0
  return v - from < 0.03 || 0.85 - u < 0.03 ? 0.45 : -0.4
}

interface UprightPlane {
  /** One end on the floor plan, and the direction to the other. */
  at: { x: number; z: number }
  along: { x: number; z: number }
  width: number
  height: number
  light: Colour
  colour: (u: number, v: number) => Colour
}

/** Paints an upright rectangle where it is in view, looking along the ray of every pixel it may cover. */
function paintPlane(picture: Float32Array, scene: Scene, plane: UprightPlane): void {
  const { camera, width, height } = scene
  const { at, along, light, colour } = plane
  const far = { x: at.x + along.x * plane.width, z: at.z + along.z * plane.width }
  const columns = [columnOf(camera, at), columnOf(camera, far)]
  const first = Math.max(0, Math.floor(Math.min(...columns)))
  const last = Math.min(width - 1, Math.ceil(Math.max(...columns)))
  for (let column = first; column <= last; column++) {
    const dx = (column - camera.centreX) / camera.focal
    // Where the ray (camera + distance * (dx, 1)) meets the plane (at + u * along) on the floor plan.
    const cross = along.x - dx * along.z
    const u = (dx * (at.z - camera.z) - (at.x - camera.x)) / cross
    const distance = at.z - camera.z + u * along.z
    if (Math.abs(cross) < 1e-6 || u < 0 || u > plane.width || distance < 0.1) continue
    const px = camera.mirror === 1 ? column : width - 1 - column
    const top = camera.centreY - ((plane.height - camera.y) / distance) * camera.focal
    const bottom = camera.centreY + (camera.y / distance) * camera.focal
    for (let py = Math.max(0, Math.ceil(top)); py <= Math.min(height - 1, bottom); py++) {
      const v = camera.y + ((camera.centreY - py) / camera.focal) * distance
      const [red, green, blue] = colour(u, v)
      const c = 3 * (py * width + px)
      picture[c] = red * light[0]
      picture[c + 1] = green * light[1]
      picture[c + 2] = blue * light[2]
    }
  }
}

function columnOf(camera: Camera, { x, z }: { x: number; z: number }): number {
  return camera.centreX + ((x - camera.x) / (z - camera.z)) * camera.focal
}

/** Somebody on the way through the room, 1.2 m before the wall: head, body, two swinging legs. */
function paintPasser(picture: Float32Array, scene: Scene, progress: number, lighting: Lighting): void {
  const { camera, width, height, seed } = scene
  const distance = 2
  const clothes: Colour = chance(seed, 17) < 0.5 ? [0.1, 0.1, 0.16] : [0.3, 0.26, 0.2]
  const light = mixedLight(lighting, 0.9, 0)
  const metre = camera.focal / distance
  const reach = width / metre / 2 + 0.5
  const middle = width / 2 + (2 * progress - 1) * reach * metre
  const stride = 0.22 * Math.sin(progress * 24)
  const limbs = [
    { x: 0, y: 1.58, toX: 0, toY: 1.62, radius: 0.11, colour: [0.5, 0.34, 0.26] as Colour },
    { x: 0, y: 0.9, toX: 0, toY: 1.32, radius: 0.19, colour: clothes },
    { x: 0, y: 0.85, toX: stride, toY: 0.08, radius: 0.09, colour: scaled(clothes, 0.7) },
    { x: 0, y: 0.85, toX: -stride, toY: 0.08, radius: 0.09, colour: scaled(clothes, 0.8) },
  ]
  const from = Math.max(0, Math.floor(middle - 0.5 * metre))
  const to = Math.min(width - 1, Math.ceil(middle + 0.5 * metre))
  for (let py = 0; py < height; py++) {
    const y = camera.y + (camera.centreY - py) / metre
    for (let px = from; px <= to; px++) {
      const limb = limbs.find((part) => within((px - middle) / metre, y, part))
      if (!limb) continue
      const c = 3 * (py * width + px)
      picture[c] = limb.colour[0] * light[0]
      picture[c + 1] = limb.colour[1] * light[1]
      picture[c + 2] = limb.colour[2] * light[2]
    }
  }
}

/** Whether a point lies in a rod with round ends. */
function within(
  x: number,
  y: number,
  rod: { x: number; y: number; toX: number; toY: number; radius: number },
): boolean {
  const [dx, dy] = [rod.toX - rod.x, rod.toY - rod.y]
  const t = Math.min(1, Math.max(0, ((x - rod.x) * dx + (y - rod.y) * dy) / (dx * dx + dy * dy)))
  return (x - rod.x - t * dx) ** 2 + (y - rod.y - t * dy) ** 2 < rod.radius ** 2
}

function mixedLight({ room, spill }: Lighting, ofRoom: number, ofSpill: number): Colour {
  return [
    room[0] * ofRoom + spill[0] * ofSpill,
    room[1] * ofRoom + spill[1] * ofSpill,
    room[2] * ofRoom + spill[2] * ofSpill,
  ]
}
