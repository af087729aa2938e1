import { chance, cloud, mix, smooth } from './chance.ts'

/**
 * The room as numbers, in metres: x to the right, y up, z away from the camera, the wall with the doorway at z = 0, its
 * middle at x = 0. A scene is built once per seed and size; a frame then only lights it and moves what moves.
 */
export const DOORWAY = { halfWidth: 0.5, height: 2.1, frame: 0.09 }

export type Colour = readonly [red: number, green: number, blue: number]

export interface Camera {
  x: number
  y: number
  z: number
  /** Pixels per metre at a distance of one metre. */
  focal: number
  /** The pixel that looks straight ahead. */
  centreX: number
  centreY: number
  /** -1 where the scene is mirrored, so that hinges are on the other side. */
  mirror: 1 | -1
}

export interface Scene {
  seed: number
  width: number
  height: number
  camera: Camera
  leafColour: Colour
  /** How much of the light each pixel gives back, red, green, blue, 0 to 1; in the doorway what lies beyond it. */
  albedo: Float32Array
  /** How much of the room's light reaches each pixel. */
  shade: Float32Array
  /** How much of the light through the open doorway reaches each pixel. */
  spill: Float32Array
  /** 1 where the doorway is. */
  beyond: Uint8Array
}

const WALLS: Colour[] = [
  [0.62, 0.57, 0.48],
  [0.5, 0.56, 0.55],
  [0.66, 0.6, 0.58],
]
const LEAVES: Colour[] = [
  [0.32, 0.14, 0.07],
  [0.08, 0.17, 0.3],
  [0.42, 0.08, 0.07],
  [0.1, 0.22, 0.14],
]

export function buildScene(seed: number, width: number, height: number): Scene {
  const camera = cameraOf(seed, width, height)
  const wall = pick(WALLS, chance(seed, 11))
  const scene: Scene = {
    seed,
    width,
    height,
    camera,
    leafColour: pick(LEAVES, chance(seed, 12)),
    albedo: new Float32Array(width * height * 3),
    shade: new Float32Array(width * height),
    spill: new Float32Array(width * height),
    beyond: new Uint8Array(width * height),
  }
  for (let py = 0, i = 0; py < height; py++) {
    for (let px = 0; px < width; px++, i++) paintPixel(scene, wall, px, py, i)
  }
  return scene
}

function cameraOf(seed: number, width: number, height: number): Camera {
  const z = -3.2
  // 3 m of the wall from top to bottom, the middle of the picture 1.02 m above the floor.
  const focal = (height * -z) / 3
  const y = 1.5
  return {
    x: 0.25 + 0.35 * chance(seed, 10),
    y,
    z,
    focal,
    centreX: width / 2 + (0.4 * focal) / -z,
    centreY: height / 2 - ((y - 1.02) * focal) / -z,
    mirror: chance(seed, 13) < 0.5 ? 1 : -1,
  }
}

function paintPixel(scene: Scene, wall: Colour, px: number, py: number, i: number): void {
  const { camera, seed } = scene
  const column = camera.mirror === 1 ? px : scene.width - 1 - px
  const dx = (column - camera.centreX) / camera.focal
  const dy = (camera.centreY - py) / camera.focal
  const x = camera.x - dx * camera.z
  const y = camera.y - dy * camera.z
  const inDoorway = Math.abs(x) < DOORWAY.halfWidth && y > 0 && y < DOORWAY.height
  scene.beyond[i] = inDoorway ? 1 : 0
  if (inDoorway) {
    scene.shade[i] = 1
    setColour(scene.albedo, i, garden(seed, camera, dx, dy))
  } else if (y > 0) {
    scene.shade[i] = wallShade(x, y)
    scene.spill[i] = 0.16 * Math.exp(-3 * Math.max(0, Math.abs(x) - DOORWAY.halfWidth))
    setColour(scene.albedo, i, onWall(seed, wall, x, y))
  } else {
    const distance = camera.y / -dy
    const floorX = camera.x + dx * distance
    const floorZ = camera.z + distance
    scene.shade[i] = 0.8 + 0.2 * smooth((floorZ + 2) / 2)
    scene.spill[i] = 0.9 * Math.exp(0.9 * floorZ) * smooth(1.6 - Math.abs(floorX) / (0.55 - 0.25 * floorZ))
    setColour(scene.albedo, i, onFloor(seed, floorX, floorZ))
  }
}

/** Darker into the corners and below, as where a lamp hangs before the wall. */
function wallShade(x: number, y: number): number {
  return 1.08 - 0.07 * (x - 0.3) ** 2 - 0.12 * (y - 1.7) ** 2
}

function onWall(seed: number, wall: Colour, x: number, y: number): Colour {
  const edge = Math.abs(x) - DOORWAY.halfWidth
  const { frame, height } = DOORWAY
  if (edge < frame && y < height + frame)
    return edge > frame - 0.015 || y > height + frame - 0.015 ? grey(0.45) : grey(0.75)
  if (y < 0.12) return y > 0.1 ? grey(0.4) : grey(0.7)
  const picture = { x: 1.35, y: 1.6, halfWidth: 0.28, halfHeight: 0.36 }
  const [u, v] = [(x - picture.x) / picture.halfWidth, (y - picture.y) / picture.halfHeight]
  if (Math.abs(u) < 1 && Math.abs(v) < 1) return inPicture(seed, u, v)
  if (x < -1.05 && x > -1.3 && y < 0.72) return umbrellaStand(x, y)
  return scaled(wall, 0.92 + 0.1 * cloud(seed, x * 5, y * 5) + 0.06 * cloud(seed + 1, x * 40, y * 40))
}

function inPicture(seed: number, u: number, v: number): Colour {
  if (Math.abs(u) > 0.86 || Math.abs(v) > 0.89) return [0.09, 0.06, 0.04]
  const hills = -0.2 + 0.5 * cloud(seed + 7, u * 2)
  return v > hills ? [0.45, 0.55, 0.62] : [0.22, 0.3 + 0.1 * v, 0.14]
}

function umbrellaStand(x: number, y: number): Colour {
  const roundness = 1 - 0.7 * Math.abs((x + 1.175) / 0.125) ** 3
  return scaled(y > 0.68 ? [0.3, 0.28, 0.25] : [0.16, 0.15, 0.17], roundness)
}

function onFloor(seed: number, x: number, z: number): Colour {
  const mat = Math.abs(x) < 0.45 && z > -0.75 && z < -0.15
  if (mat) return scaled([0.14, 0.12, 0.1], 0.8 + 0.5 * cloud(seed + 3, x * 60, z * 60))
  const plank = Math.floor(x / 0.16)
  const joint = x / 0.16 - plank < 0.05
  const grain = 0.8 + 0.25 * chance(seed, plank, 21) + 0.15 * cloud(seed + 4, x * 50, z * 3)
  return scaled([0.36, 0.23, 0.13], joint ? 0.5 : grain)
}

/** What one sees through the doorway: a path, grass, a hedge six metres off, the sky. */
function garden(seed: number, camera: Camera, dx: number, dy: number): Colour {
  const hedgeAt = 6
  const y = camera.y + dy * (hedgeAt - camera.z)
  const x = camera.x + dx * (hedgeAt - camera.z)
  const top = 1.7 + 0.25 * cloud(seed + 5, x * 3)
  if (y > top) return [mix(0.75, 0.5, smooth((y - top) / 3)), mix(0.8, 0.65, smooth((y - top) / 3)), 0.88]
  if (y > 0) return scaled([0.14, 0.3, 0.09], 0.6 + 0.8 * cloud(seed + 6, x * 14, y * 14))
  const distance = camera.y / -dy
  const [groundX, groundZ] = [camera.x + dx * distance, camera.z + distance]
  const onPath = Math.abs(groundX + 0.15) < 0.55
  if (onPath) return scaled([0.55, 0.52, 0.47], 0.85 + 0.2 * cloud(seed + 8, groundX * 8, groundZ * 3))
  return scaled([0.2, 0.38, 0.1], 0.7 + 0.5 * cloud(seed + 9, groundX * 20, groundZ * 12))
}

function setColour(target: Float32Array, i: number, [red, green, blue]: Colour): void {
  target[3 * i] = red
  target[3 * i + 1] = green
  target[3 * i + 2] = blue
}

export function scaled([red, green, blue]: Colour, by: number): Colour {
  return [red * by, green * by, blue * by]
}

export function grey(level: number): Colour {
  return [level, level, level]
}

function pick(colours: Colour[], at: number): Colour {
  return colours[Math.floor(at * colours.length)] ?? grey(0.5)
}
